"""Compare with the opposite token, then ask whether any position differs."""

from rasplab.rasp import aggregate, has_focus, indices, length, select, tokens

opposite = aggregate(select(indices, length - 1 - indices, "=="), tokens)
palindrome = ~has_focus(select(opposite != tokens, True, "=="))
