"""Counted from 1."""

from rasplab.rasp import indices

from_one = indices + 1
