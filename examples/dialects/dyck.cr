// Well-nested parentheses (Yang and Chiang, 2024): no beginning has more closed than opened ones,
// and the whole has as many.

opened = # "("
closed = # ")"
below = opened < closed
never_below = # below == 0
dyck = never_below && (opened == closed)
