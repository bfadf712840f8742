"""Every query selects all the a's; the width of what it selects is their number."""

from rasplab.rasp import select, selector_width, tokens

count_a = selector_width(select(tokens, "a", "=="))
