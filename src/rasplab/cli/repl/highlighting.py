"""Colours for RASP source text, and the words that completion knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prompt_toolkit.lexers import Lexer

WORDS: Final = (
    "aggregate", "and", "def", "draw", "else", "exit", "for", "if", "in", "indicator", "len",
    "load", "not", "or", "range", "return", "round", "select", "zip", ":compile", ":draw",
    ":help", ":names", ":show", ":size",
)  # fmt: skip

_KEYWORDS: Final = (
    r"\b(def|return|for|in|if|else|and|or|not|load|draw|set|show|examples?|exit|quit)\b"
)
_FORMS: Final = r"\b(select|aggregate|indicator|round|range|zip|len)(?=\s*\()"


def highlighter() -> Lexer:
    """A lexer for prompt_toolkit, made of Pygments' parts."""
    from prompt_toolkit.lexers import PygmentsLexer
    from pygments.lexer import RegexLexer
    from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

    class RaspLexer(RegexLexer):
        name = "RASP"
        tokens = {  # noqa: RUF012 - Pygments asks for a plain dict of the class
            "root": [
                (r"#.*", Comment),
                (r'"[^"\n]*"', String),
                (_KEYWORDS, Keyword),
                (_FORMS, Name.Builtin),
                (r"\b(True|False)\b", Keyword.Constant),
                (r"\d+(\.\d+)?", Number),
                (r":[a-z]+", Name.Decorator),
                (r"[A-Za-z_]\w*", Name),
                (r"[-+*/%^=<>!]+", Operator),
                (r"[\s\S]", Text),
            ]
        }

    return PygmentsLexer(RaspLexer)
