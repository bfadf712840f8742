// Four binary digits, the lowest first, and then the number that is one greater (modulo 16).

#import pred4

ones = # "1"
here = 1 if "1" else 0
place = # true
carried = (ones - here == place - 1) || (place == 1)
one_next = (carried || "1") && !(carried && "1")
fits = "1" && (#[pred4] one_next > 0) || "0" && (#[pred4] one_next == 0) && (place > 4)
increment = (# fits == 4) && (place == 8)
