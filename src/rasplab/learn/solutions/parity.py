"""Attention counts, and an MLP looks at the count."""

from rasplab.rasp import select, selector_width, tokens

ones = selector_width(select(tokens, "1", "=="))
parity = ones % 2
