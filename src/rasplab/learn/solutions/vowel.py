"""A function of one token."""

from rasplab.rasp import is_in, tokens

vowel = is_in(tokens, "ae")
