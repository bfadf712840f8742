"""A pair in the wrong order is a key to the left of the query with a greater token."""

from rasplab.rasp import full, has_focus, indices, select, tokens

greater_before = select(tokens, tokens, ">") & select(indices, indices, "<")
wrong = has_focus(greater_before)
in_order = ~has_focus(full & select(wrong, True, "=="))
