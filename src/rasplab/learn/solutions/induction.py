"""One head brings each position the token before it; the next looks for its own token there."""

from rasplab.rasp import aggregate, indices, most_recent, select, shift, tokens

preceding = shift(tokens, 1, default="-")
followers = select(preceding, tokens, "==") & select(indices, indices, "<=")
induction = aggregate(most_recent(followers), tokens, default="-")
