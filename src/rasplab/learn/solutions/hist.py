"""Each query selects the keys that hold its own token."""

from rasplab.rasp import select, selector_width, tokens

hist = selector_width(select(tokens, tokens, "=="))
