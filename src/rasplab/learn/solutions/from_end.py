"""The last position has the index `length - 1`."""

from rasplab.rasp import indices, length

from_end = length - 1 - indices
