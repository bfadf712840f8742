"""The key one to the left of the query; at the first position there is none."""

from rasplab.rasp import aggregate, indices, select, tokens

previous = aggregate(select(indices, indices - 1, "=="), tokens, default="-")
