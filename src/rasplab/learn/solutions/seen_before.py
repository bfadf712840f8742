"""Two conditions on the same pair of positions: `&` of two selectors, in one head."""

from rasplab.rasp import has_focus, indices, select, tokens

same = select(tokens, tokens, "==")
earlier = select(indices, indices, "<")
seen_before = has_focus(same & earlier)
