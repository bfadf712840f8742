"""The greatest token is one that no other exceeds; then every position looks for such a one."""

from rasplab.rasp import aggregate, has_focus, select, tokens

exceeded = has_focus(select(tokens, tokens, ">"))
greatest = aggregate(select(exceeded, False, "=="), tokens)
