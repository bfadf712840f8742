"""Where each statement of a text ends, so that one that is wrong leaves the others readable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lark import Token

COMMANDS = frozenset({"SHOW_EXAMPLE", "EXAMPLES", "DISPLAY", "EXIT"})
ENDS_VALUE = frozenset({"NAME", "INTEGER", "FLOAT", "STRING", "RPAR", "RSQB", "RBRACE"})
LONGEST = 50_000
"""Tokens of a statement, functions and loops with their bodies; beyond this no more is read."""
_CLOSING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}


@dataclass(slots=True)
class Chunk:
    """The tokens of one statement at the top level, and the brackets that are open in it."""

    tokens: list[Token] = field(default_factory=list[Token])
    open: list[Token] = field(default_factory=list[Token])
    blocks: list[int] = field(default_factory=list[int])
    header: bool = False
    complete: bool = False

    @property
    def depth(self) -> int:
        """How many bodies of functions and loops are open."""
        return len(self.blocks)

    @property
    def too_long(self) -> bool:
        """Whether this is only the beginning of a statement, of which the rest was not read."""
        return len(self.tokens) > LONGEST

    def take(self, token: Token) -> None:
        """Take the next token; the statement may be complete then.

        A `;` ends a statement unless a body is open. There is none within `(` and `[`, so that a
        bracket that was forgotten costs one statement and no more.
        """
        before = self.tokens[-1].type if self.tokens else "SEMICOLON"
        self.tokens.append(token)
        if token.type in ("DEF", "FOR") and self._fresh(before):
            self.header = True
        if token.type in _CLOSING:
            if token.type == "LBRACE" and self.header and before in ENDS_VALUE:
                self.blocks.append(len(self.open))
                self.header = False
            self.open.append(token)
        elif token.type == "SEMICOLON":
            self.header = False
            del self.open[self.blocks[-1] + 1 if self.blocks else 0 :]
            self.complete = not self.blocks
        elif token.type in _CLOSING.values():
            self._close(token.type)
        if len(self.tokens) == 1 and token.type in COMMANDS:
            self.complete = True

    def _fresh(self, before: str) -> bool:
        """Whether a statement may begin here."""
        at_block = bool(self.blocks) and self.blocks[-1] == len(self.open) - 1
        return before in ("SEMICOLON", "LBRACE", "RBRACE") and (not self.open or at_block)

    def _close(self, closing: str) -> None:
        in_block = bool(self.blocks) and self.blocks[-1] == len(self.open) - 1
        if closing == "RBRACE" and self.blocks and (in_block or not self._matches(closing)):
            del self.open[self.blocks.pop() :]
            self.complete = not self.blocks
        elif self._matches(closing):
            self.open.pop()

    def _matches(self, closing: str) -> bool:
        return bool(self.open) and _CLOSING[self.open[-1].type] == closing

    def ends_before(self, token: Token) -> bool:
        """Whether a `set example` ended with the line before this token."""
        if len(self.tokens) < 2 or self.open or self.tokens[0].type != "SET_EXAMPLE":
            return False
        return (token.line or 0) > (self.tokens[-1].end_line or 0)


def chunks(tokens: Iterable[Token]) -> Iterator[Chunk]:
    """The statements at the top level, in order; the last may be incomplete, or too long."""
    chunk = Chunk()
    after_command = False
    for token in tokens:
        # a command ends by itself; a `;` that somebody put there is no empty statement
        if after_command and token.type == "SEMICOLON" and not chunk.tokens:
            after_command = False
            continue
        if chunk.ends_before(token):
            chunk.complete = True
            yield chunk
            chunk = Chunk()
        chunk.take(token)
        if chunk.too_long:
            chunk.complete = True
            yield chunk
            return
        if chunk.complete:
            after_command = chunk.tokens[0].type in COMMANDS
            yield chunk
            chunk = Chunk()
    if chunk.tokens:
        yield chunk
