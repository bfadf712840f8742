"""An element's place is how many come before it: the smaller ones, and equal ones to its left."""

from rasplab.rasp import aggregate, indices, select, selector_width, tokens

smaller = select(tokens, tokens, "<")
equal_and_earlier = select(tokens, tokens, "==") & select(indices, indices, "<")
rank = selector_width(smaller | equal_and_earlier)
ordered = aggregate(select(rank, indices, "=="), tokens)
