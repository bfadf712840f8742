"""The depth is a running sum; a prefix is wrong where the depth has been negative."""

from rasplab.rasp import aggregate_sum, has_focus, indices, select, tokens, where

so_far = select(indices, indices, "<=")
depth = aggregate_sum(so_far, where(tokens == "(", 1, -1))
wrong = has_focus(so_far & select(depth < 0, True, "=="))
dyck1 = where(wrong, "F", where(depth == 0, "T", "P"))
