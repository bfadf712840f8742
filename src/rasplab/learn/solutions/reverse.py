"""Each query selects the position as far from the end as it is from the start."""

from rasplab.rasp import aggregate, indices, length, select, tokens

opposite = length - 1 - indices
reverse = aggregate(select(indices, opposite, "=="), tokens)
