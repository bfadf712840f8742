"""An exercise: what is asked, for which inputs, within which budget, and what helps."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files

from rasplab.diagnostics import counted
from rasplab.display import Table, html
from rasplab.rasp.expressions import SOp

_SOLUTIONS = "rasplab.learn.solutions"
_WIDTH = 80


@dataclass(frozen=True, slots=True, repr=False)
class Exercise:
    """One exercise; `name` is what a solution calls its program.

    Tokens are single characters, so that Python and RASP source text read them alike. A solution
    is right if it equals the reference on every input and compiles, for this vocabulary and this
    greatest length, to at most so many layers and, in all of them together, so many heads.

    - `examples` are the inputs that a learner is shown.
    - `edges` are inputs that are tried besides those that every exercise is tried on.
    - `hints` help one by one, the last nearly says it.

    >>> from rasplab import learn
    >>> learn.get("hist").number, learn.get(7).name
    (7, 'hist')
    """

    number: int
    name: str
    title: str
    text: str
    vocabulary: str
    max_length: int
    examples: tuple[str, ...]
    layers: int
    heads: int
    hints: tuple[str, ...]
    edges: tuple[str, ...] = ()

    @property
    def reference(self) -> SOp:
        """The program that says what is right."""
        return getattr(import_module(f"{_SOLUTIONS}.{self.name}"), self.name)

    @property
    def solution(self) -> str:
        """The reference as a file that a learner could have written."""
        return (files(_SOLUTIONS) / f"{self.name}.py").read_text("utf-8")

    @property
    def budget(self) -> str:
        """How large a solution may be, in words."""
        return f"{counted(self.layers, 'layer')}, {counted(self.heads, 'head')}"

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """The examples: the call, and what it gives."""
        reference = self.reference
        return tuple(
            (f'{self.name}("{tokens}")', repr(reference(tokens))) for tokens in self.examples
        )

    @property
    def limits(self) -> str:
        """For which inputs a solution is compiled, and how large it may be, in a sentence."""
        tokens = " ".join(self.vocabulary)
        length = f"in sequences of up to {self.max_length}"
        return f"The tokens are {tokens}, {length}. The budget is {self.budget}."

    def hint(self, number: int = 1) -> str:
        """A hint, counted from 1; after the last one, the last."""
        return self.hints[min(max(number, 1), len(self.hints)) - 1]

    def __repr__(self) -> str:
        return f"<exercise {self.number}, {self.name}: {self.title}>"

    def __str__(self) -> str:
        width = max(len(call) for call, _ in self.shown)
        calls = "\n".join(f"  {call:{width}}  {values}" for call, values in self.shown)
        text, limits = (textwrap.fill(t, _WIDTH) for t in (self.text, self.limits))
        return f"{self.number}. {self.title}: `{self.name}`\n\n{text}\n\n{calls}\n\n{limits}"

    def _repr_html_(self) -> str:
        examples = Table(("call", "gives"), self.shown)
        return html(f"{self.number}. {self.title}: {self.name}", self.text, examples, self.limits)
