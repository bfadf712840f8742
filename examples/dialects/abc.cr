// a...ab...bc...c, as many of each (Yang and Chiang, 2024).

late_b = #("b" && (# "c" > 0))
late_a = #("a" && (#("b" || "c") > 0))
ordered = (late_a == 0) && (late_b == 0)
balanced = (# "a" == # "b") && (# "b" == # "c")
abc = ordered && balanced
