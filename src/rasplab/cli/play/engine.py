"""Source text in, what the page shows out: the one interface of every playground.

`.rasp` text is parsed and never run as Python. A Python program is run, by `python`, which only
the playground of a local user calls.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict, cast
from urllib.parse import parse_qsl

from rasplab.cli.play.findings import FILES, told
from rasplab.cli.tokens import read_vocabulary
from rasplab.diagnostics import (
    Diagnostic,
    InputError,
    InternalError,
    RasplabError,
    diagnostic,
)
from rasplab.model import Model
from rasplab.rasp import SOp
from rasplab.rasp.syntax.program import parse
from rasplab.view.explorer.circuits import circuit_view
from rasplab.view.explorer.document import as_data, document_of
from rasplab.view.explorer.page import explorer_page

Language = Literal["rasp", "python"]

LONGEST_SOURCE = 100_000
LENGTH_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Request:
    """A program as text and what to compile it for.

    `name` is the s-op to compile, by default the last one; `vocabulary` is read as `--vocab` is.
    """

    source: str
    language: Language = "rasp"
    name: str = ""
    vocabulary: str = "abc"
    length: int = 5
    causal: bool = False
    optimize: int = 1
    beside: bool = False

    @staticmethod
    def read(data: object) -> Request:
        """The request that JSON holds.

        Raises:
            InputError: E450 where a field is missing, unknown, or not what it should be.
        """
        known = {field.name: field for field in fields(Request)}
        given: dict[str, Any] = (
            cast("dict[str, Any]", data) if isinstance(data, dict) else {"": data}
        )
        if strange := sorted(map(str, given.keys() - known.keys())):
            raise _refused(f"there is no field {strange[0]!r}")
        if "source" not in given:
            raise _refused("it has no source")
        for name, value in given.items():
            wanted = {"int": int, "bool": bool}.get(str(known[name].type), str)
            if type(value) is not wanted:
                raise _refused(f"{name} is not of type {wanted.__name__}")
        request = Request(**given)
        request.check()
        return request

    def check(self) -> None:
        """Refuse what no page would ask (E450)."""
        if self.language not in FILES:
            raise _refused(f"there is no language {self.language!r}")
        if len(self.source) > LONGEST_SOURCE:
            raise _refused(f"the program has more than {LONGEST_SOURCE} characters")
        if not 1 <= self.length <= LENGTH_AT_MOST:
            raise _refused(
                f"the length is not between 1 and {LENGTH_AT_MOST}",
                help="choose one that is; for longer inputs there is `rasplab.compile`",
            )
        if self.optimize not in (0, 1):
            raise _refused("the level is neither 0 nor 1")


def _refused(why: str, *, help: str = "let the page ask") -> InputError:
    return InputError(diagnostic("E450", f"the playground cannot compile this: {why}", help=help))


class _Options(TypedDict):
    vocab: Iterable[object]
    max_length: int
    causal: bool


@dataclass(slots=True)
class Engine:
    """Compiles requests; it keeps the last model, whose circuits may be asked for next."""

    python: bool = False
    _last: tuple[Request, Model, Model | None] | None = None

    def compile(self, data: object) -> dict[str, Any]:
        """What the page shows, or the diagnostics; never an exception for the user's mistakes."""
        started = time.perf_counter()
        try:
            request = Request.read(data)
            model, known, name, beside = self._compiled(request)
            document = document_of(model, name=name, beside=beside)
        except Exception as problem:  # noqa: BLE001 - whatever a program raises is told to its author
            return _failure(problem)
        return {
            "ok": True,
            "document": document.data(),
            "names": known,
            "seconds": time.perf_counter() - started,
        }

    def circuit(self, data: object, level: str, ablation: str) -> dict[str, Any]:
        """A circuit of the program of a request, as the page draws it."""
        try:
            model = self._known(Request.read(data))[0]
            steps = document_of(model).steps
            found = circuit_view(model.circuit(level=level, ablation=ablation), steps)
        except Exception as problem:  # noqa: BLE001 - as above
            return _failure(problem)
        return {"ok": True, "circuit": as_data(found)}

    def page(self, data: object, view: str) -> dict[str, Any]:
        """The explorer page of a request's program, which needs no playground.

        `view` is what it shows at first, as in the fragment of a page's address.
        """
        try:
            model, beside = self._known(Request.read(data))
            circuit = dict(parse_qsl(view)).get("circuit", "").split()
            shown = [(circuit[0], circuit[1])] if len(circuit) == 2 else False
            page = explorer_page(model, circuits=shown, beside=beside, view=view)
        except Exception as problem:  # noqa: BLE001 - as above
            return _failure(problem)
        return {"ok": True, "page": page}

    def _known(self, request: Request) -> tuple[Model, Model | None]:
        """The model of a request and the one beside it, compiled unless they were the last."""
        if self._last and self._last[0] == request:
            return self._last[1:]
        model, _, _, beside = self._compiled(request)
        return model, beside

    def _compiled(self, request: Request) -> tuple[Model, list[str], str, Model | None]:
        from rasplab.opening import compile

        found = self._programs(request)
        name = _chosen(found, request)
        program = found[name]
        vocabulary = read_vocabulary(request.vocabulary, characters=request.language == "rasp")
        options: _Options = {
            "vocab": vocabulary,
            "max_length": request.length,
            "causal": request.causal,
        }
        model = compile(program, optimize=request.optimize, **options)
        other = 1 - request.optimize
        beside = compile(program, optimize=other, **options) if request.beside else None
        self._last = request, model, beside
        return model, list(found), program.name or name, beside

    def _programs(self, request: Request) -> dict[str, SOp]:
        """The s-ops that the text defines, by name, in its order."""
        file = FILES[request.language]
        if request.language == "rasp":
            loaded = parse(request.source, file=file)
            return {name: value for name, value in loaded.items() if isinstance(value, SOp)}
        if not self.python:
            raise _refused("Python programs run only in the playground that you start yourself")
        from rasplab.cli.play.python import run_source

        return run_source(request.source, file)


def _chosen(found: Mapping[str, SOp], request: Request) -> str:
    if not found:
        example = "set x = tokens;" if request.language == "rasp" else "program = tokens"
        raise InputError(
            diagnostic(
                "E403",
                "the text defines no sequence operator",
                help=f"give one a name, such as `{example.removeprefix('set ')}`",
            )
        )
    if request.name in found:
        return request.name
    return "program" if "program" in found else list(found)[-1]


def _failure(problem: Exception) -> dict[str, object]:
    return {"ok": False, "diagnostics": [told(one) for one in _diagnostics(problem)]}


def _diagnostics(problem: Exception) -> Sequence[Diagnostic]:
    if isinstance(problem, RasplabError):
        return problem.diagnostics
    if isinstance(problem, MemoryError):
        return [_limit("the memory that the playground allows is used up")]
    if isinstance(problem, RecursionError):
        return [_limit("the program is nested too deeply")]
    ours = "" if isinstance(problem, InternalError) else f"{type(problem).__name__}: "
    return [
        Diagnostic(
            "E450",
            f"a mistake of rasplab itself: {ours}{problem}",
            help="please report it with the program that shows it",
        )
    ]


def _limit(why: str) -> Diagnostic:
    return diagnostic("E450", why, help="make the vocabulary, the length or the program smaller")
