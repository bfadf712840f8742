"""Programs that a command names: one of the library, or FILE.py:NAME."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, cast

from rasplab import programs, rasp
from rasplab.cli.output import note
from rasplab.cli.tokens import are_characters
from rasplab.diagnostics import Diagnostic, InputError, ProgramError, RasplabError, Span, diagnostic
from rasplab.rasp import SOp, Value

SIZE = 5
"""The vocabulary and the length of a library program's example where none is asked for."""

_LARGEST_SIZE = 100
_WHERE = "name a program as FILE.py:NAME or FILE.rasp:NAME, or one that `rasplab list` shows"


@dataclass(frozen=True, slots=True)
class Source:
    """A program by name; `vocabulary` is that of the library's example.

    `chosen` says how the library's example was built where the name left that open. Of RASP source
    text the tokens are `characters`, where nothing else is said; `alphabet` is the library's.
    """

    name: str
    program: SOp
    vocabulary: tuple[Value, ...] | None = None
    chosen: str = ""
    characters: bool = False
    alphabet: bool = False


def find_program(
    name: str, *, vocab_size: int | None = None, max_length: int = SIZE, tokens: Sequence[str] = ()
) -> Source:
    """The program of this name: FILE.py:NAME, FILE.rasp:NAME, or NAME(ARGUMENTS) of the library.

    A library program without arguments is the library's example for these sizes; to be run on
    `tokens`, it is what its defaults make it, or the example for a vocabulary that has them.

    Raises:
        InputError: E403 no such program, E406 not a sequence operator, E413 no such file.
        ProgramError: E104 wrong arguments, E414 the file failed.
    """
    if is_source_text(name):
        return Source(name, _from_source_text(name), characters=True)
    bare, bracket, _ = name.partition("(")
    if is_file(name) and not bracket:
        return Source(name, _from_file(name))
    entry = programs.get(bare.strip())
    if vocab_size is None:
        vocab_size = _covering(entry, tokens)
    program, vocabulary, chosen = _of_library(entry, name, vocab_size, max_length, tokens)
    return Source(name, program, vocabulary, chosen, alphabet=entry.alphabet)


def _of_library(
    entry: programs.Entry, name: str, vocab_size: int, max_length: int, tokens: Sequence[str]
) -> tuple[SOp, tuple[Value, ...], str]:
    """The program, its vocabulary, and how it was built where the name left that open."""
    if "(" in name:
        return _called(entry, name), entry.vocabulary(vocab_size), ""
    if tokens and not _required(entry):
        return entry.build(), entry.vocabulary(vocab_size), ""
    max_length = max(max_length, len(tokens))
    program, vocabulary = entry.at(vocab_size, max_length)
    arguments = entry.arguments(vocabulary, max_length)
    shown = ", ".join(f"{key}={_argument(value)}" for key, value in arguments.items())
    return program, vocabulary, f"{name}({shown})" if arguments else ""


def is_file(name: str) -> bool:
    """Whether a name means a Python file rather than a program of the library."""
    return ":" in name or name.endswith((".py", ".rasp"))


def is_source_text(name: str) -> bool:
    """Whether a name means a file of RASP source text."""
    return name.endswith(".rasp") or ".rasp:" in name


def _from_source_text(text: str) -> SOp:
    """`FILE.rasp:NAME`, where NAME may be any expression: `lib.rasp:sort(tokens, -indices)`."""
    stem, _, name = text.partition(".rasp:") if ".rasp:" in text else (text[:-5], "", "")
    file = f"{stem}.rasp"
    if not Path(file).is_file():
        raise InputError(diagnostic("E413", f"there is no file {file!r}", help=_WHERE))
    loaded = rasp.read(file)
    for warning in loaded.warnings:
        note(str(warning))
    if not name.strip():
        known = ", ".join(n for n, value in loaded.items() if isinstance(value, SOp))
        raise InputError(
            diagnostic(
                "E403",
                f"which program of {file!r}?",
                notes=[f"its s-ops are {known}" if known else "it defines no s-op"],
                help="name one as FILE.rasp:NAME",
            )
        )
    found = loaded.evaluate(name)
    if not isinstance(found, SOp):
        raise InputError(_no_program(found, text))
    return found


def _covering(entry: programs.Entry, tokens: Sequence[str]) -> int:
    """The least size whose vocabulary has all the tokens; the usual one where none has.

    One word alone may be its characters.
    """
    alone = len(tokens) == 1 and are_characters(entry.vocabulary(SIZE))
    wanted = set(tokens[0] if alone else tokens)
    sizes = range(SIZE, _LARGEST_SIZE + 1)
    return next((n for n in sizes if wanted <= set(map(str, entry.vocabulary(n)))), SIZE)


def _required(entry: programs.Entry) -> bool:
    parameters = inspect.signature(entry.build).parameters.values()
    return any(p.default is p.empty for p in parameters)


def _argument(value: object) -> str:
    return str(value) if isinstance(value, SOp) else repr(value)


def _called(entry: programs.Entry, text: str) -> SOp:
    """A library program with arguments, such as `shift(2, default="-")`; only plain values."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise ValueError("it is no call")
        arguments = [_literal(argument) for argument in call.args]
        named = {k.arg or "**": _literal(k.value) for k in call.keywords}
        return entry.build(*arguments, **named)
    except (SyntaxError, TypeError, ValueError) as problem:
        if isinstance(problem, RasplabError):
            raise
        signature = ", ".join(inspect.signature(entry.build).parameters)
        raise ProgramError(
            diagnostic(
                "E104",
                f"`{text}` is no call of a library program with plain values",
                notes=[str(problem), f"its parameters are {signature}"],
                help="for anything else write the program into a file: FILE.py:NAME",
            )
        ) from None


def _literal(argument: ast.expr) -> object:
    try:
        return ast.literal_eval(argument)
    except ValueError:
        written = ast.unparse(argument)
        raise ValueError(f"`{written}` is no plain value; a text is written '{written}'") from None


def _from_file(text: str) -> SOp:
    file, _, name = text.rpartition(":") if ":" in text else (text, "", "")
    path = Path(file)
    if not path.is_file():
        raise InputError(
            diagnostic(
                "E413",
                f"there is no file {file!r}",
                help=_WHERE,
            )
        )
    module = _run(path)
    if name not in vars(module):
        raise InputError(_no_such_name(module, file, name))
    found: object = vars(module)[name]
    if callable(found) and not isinstance(found, rasp.Expression):
        found = _guarded(path, cast(Callable[[], Any], found))
    if not isinstance(found, SOp):
        raise InputError(_no_program(found, text))
    return found


def _run(path: Path) -> ModuleType:
    """Run a file as an import would, with its own directory to import from.

    The directory is the last place where modules are looked for: a `json.py` beside the program is
    neither its `json` nor ours.
    """
    name = f"rasplab_source_{path.stem}"
    specification = importlib.util.spec_from_loader(name, None, origin=str(path))
    if specification is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(specification)
    module.__file__ = str(path)
    sys.modules[name] = module
    own = str(path.resolve().parent)
    if own not in sys.path:
        sys.path.append(own)

    def run() -> None:
        code = compile(path.read_bytes(), str(path), "exec")
        exec(code, vars(module))

    _guarded(path, run)
    return module


def _guarded(path: Path, call: Callable[[], Any]) -> object:
    """Call what the user wrote; what it raises becomes a diagnostic at its last line there."""
    try:
        return call()
    except RasplabError:
        raise
    except OSError as problem:
        if problem.filename != str(path):
            raise ProgramError(_failed(path, problem)) from problem
        raise InputError(
            diagnostic("E413", f"cannot read {str(path)!r}: {problem.strerror}")
        ) from (None)
    except (Exception, SystemExit) as problem:
        raise ProgramError(_failed(path, problem)) from problem


def _failed(path: Path, problem: BaseException) -> Diagnostic:
    if isinstance(problem, SyntaxError) and problem.filename == str(path):
        span = Span(str(path), problem.lineno or 1, max((problem.offset or 1) - 1, 0))
    else:
        span = _last_line(str(path), problem.__traceback__)
    shown = traceback.format_exception_only(type(problem), problem)[-1].strip()
    return diagnostic(
        "E414",
        f"{str(path)!r} cannot be run",
        at=span,
        label=shown,
        notes=() if span is not None else (shown,),
        help=_import_of(problem) or f"`python {path}` shows the whole traceback",
    )


def _import_of(problem: BaseException) -> str | None:
    """Where a name of the language was used without importing it."""
    name = problem.name if isinstance(problem, NameError) else None
    if name is None or name not in rasp.__all__:
        return None
    return f"begin the file with `from rasplab.rasp import {name}`, or `import *` for all names"


def _last_line(file: str, trace: TracebackType | None) -> Span | None:
    frames = [f for f in traceback.extract_tb(trace) if f.filename == file and f.lineno]
    if not frames:
        return None
    last = frames[-1]
    return Span(file, last.lineno or 1, last.colno or 0, last.end_lineno, last.end_colno)


def _no_such_name(module: ModuleType, file: str, name: str) -> Diagnostic:
    ours = {id(value) for value in vars(rasp).values()}
    known = [n for n, v in vars(module).items() if isinstance(v, SOp) and id(v) not in ours]
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return diagnostic(
        "E403",
        f"{file!r} defines nothing called {name!r}" if name else f"which program of {file!r}?",
        notes=[f"its programs are {', '.join(known)}" if known else "it defines no programs"],
        help=f"did you mean {file}:{close[0]}?"
        if close
        else f"name one, as in {file}:{known[0]}"
        if known
        else "name one as FILE.py:NAME; a function that needs no arguments will do",
    )


def _no_program(found: object, text: str) -> Diagnostic:
    is_selector = isinstance(found, rasp.Selector)
    return diagnostic(
        "E406",
        f"{text} is {'a selector' if is_selector else f'of type {type(found).__name__}'}, "
        "not a sequence operator",
        at=found.origin if isinstance(found, rasp.Expression) else None,
        help="aggregate the selector, or ask for its `selector_width`"
        if is_selector
        else "name an expression, or a function without arguments that returns one",
    )
