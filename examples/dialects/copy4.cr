// Four letters, and the same four again.

#import pred4

again = "a" && (#[pred4] "a" > 0) || "b" && (#[pred4] "b" > 0)
copies = # again
seen = # true
copy4 = (copies == 4) && (seen == 8)
