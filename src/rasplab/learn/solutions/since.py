"""The most recent of the x's so far says where it stands; the difference is the distance."""

from rasplab.rasp import aggregate, indices, most_recent, select, tokens

so_far = select(indices, indices, "<=")
last_x = aggregate(most_recent(select(tokens, "x", "==") & so_far), indices, default=-1)
since = indices - last_x
