"""One key, position 0, is selected by every query."""

from rasplab.rasp import aggregate, indices, select, tokens

first = aggregate(select(indices, 0, "=="), tokens)
