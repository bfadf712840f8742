"""A mean of zeros and ones is a share; the selector says of which positions."""

from rasplab.rasp import aggregate, indices, select, tokens, where

so_far = select(indices, indices, "<=")
share = aggregate(so_far, where(tokens == "x", 1, 0))
