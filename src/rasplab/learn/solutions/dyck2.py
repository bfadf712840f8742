"""A closer's opener is the most recent one that is one level deeper than the closer leaves it."""

from rasplab.rasp import (
    aggregate,
    aggregate_sum,
    has_focus,
    indices,
    is_in,
    most_recent,
    select,
    tokens,
    where,
)

so_far = select(indices, indices, "<=")
opens = is_in(tokens, "([")
depth = aggregate_sum(so_far, where(opens, 1, -1))
openers = select(depth, depth + 1, "==") & select(opens, True, "==") & so_far
opener = aggregate(most_recent(openers), tokens, default="")
mismatch = ((tokens == ")") & (opener != "(")) | ((tokens == "]") & (opener != "["))
wrong = has_focus(so_far & select(mismatch, True, "=="))
dyck2 = where(wrong, "F", where(depth == 0, "T", "P"))
