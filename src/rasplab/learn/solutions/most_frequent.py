"""A count for every position, then the position with the highest one; ties go to the first."""

from rasplab.rasp import aggregate, best, earliest, full, select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "=="))
most_frequent = aggregate(earliest(best(full, hist)), tokens)
