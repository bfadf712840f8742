"""A model under interventions by name, held against the program under the same interventions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from rasplab.diagnostics import InputError, InternalError, Span, diagnostic
from rasplab.lab.interventions.agreement import broken_fact, expected_output, values_of
from rasplab.lab.interventions.edits import Edits, edits_of
from rasplab.lab.interventions.replacements import Patch, Replacement, Resample
from rasplab.rasp.interventions import Do, read_do, read_value
from rasplab.rasp.sequence import read_sequence
from rasplab.rasp.values import Value, identity
from rasplab.weights.codec import decode, encode
from rasplab.weights.forward import forward
from rasplab.weights.reading import show
from rasplab.weights.trace import Trace, trace

if TYPE_CHECKING:
    from rasplab.model import Model
    from rasplab.runtime.transformer import Hook

T = TypeVar("T")


def run(
    model: Model, sequence: Iterable[object], do: Do | None = None, *, check: bool = True
) -> list[Value]:
    """The output on one sequence with variables set; see `Model.run`."""
    tokens = read_sequence(sequence)
    weights = model.weights
    edits = edits_of(weights, tokens, do or {})
    out = forward(weights, encode(weights.config, [tokens]), edits)
    got = decode(weights.config, out, [len(tokens)])[0]
    if check and do:
        _check(model, tokens, edits, do, got)
    return got


def hooks(model: Model, sequence: Iterable[object], do: Do) -> dict[str, Hook]:
    """Hooks that set variables in `model.torch()`, when it runs on this sequence.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("sort").at(3, 5)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=5)
    >>> list(hooks(model, vocab, {"rank": {0: 2}}))
    ['blocks.1.hook_resid_post']

    Raises:
        InputError: E430 to E436, for what cannot be set; E430 for a model without layers, whose
            stream PyTorch's hooks do not meet.
    """
    if not model.config.n_layers:
        raise InputError(
            diagnostic(
                "E430",
                "a model without layers has no hook point at which a variable could be set",
                help="use `model.run(sequence, do=...)`",
            )
        )
    return edits_of(model.weights, read_sequence(sequence), do).hooks()


def traced(model: Model, sequence: Iterable[object], do: Do | None = None) -> Trace:
    """Every activation on one sequence with variables set."""
    tokens = read_sequence(sequence)
    edits = edits_of(model.weights, tokens, do or {})
    return trace(model.weights, tokens, edits, _spans(model))


def _spans(model: Model) -> dict[str, Span]:
    """Where the variables were built, of a model that was compiled here."""
    if model.compilation is None:
        return {}
    names = [place.name for place in model.manifest.variables]
    origins = {name: model.compilation.origin_of(name) for name in names}
    spans = {name: origin.span() for name, origin in origins.items() if origin is not None}
    return {name: span for name, span in spans.items() if span is not None}


def _check(model: Model, tokens: list[Value], edits: Edits, do: Do, got: list[Value]) -> None:
    """Refuse an output that is not the program's under the same interventions."""
    measured = model.certificate.measured and not model.weights.plain
    if measured:  # a compressed model need not be the program at all
        return
    wanted = (what for where in read_do(do, len(tokens)).values() for what in where.values())
    if any(isinstance(what, Replacement) and not has_values(what) for what in wanted):
        return
    held = values_only(model, tokens, do) if model.program is not None else None
    expected = expected_output(model, tokens, held) if held is not None else None
    if held is None or expected is None:
        _check_readings(trace(model.weights, tokens, edits))
        return
    if expected and same_output(model, got, expected):
        return
    reason = broken_fact(model, tokens, held)
    if reason is None:
        # no fact is broken, so that the model should have followed the program
        raise InternalError(f"the model gives {got!r} under {do!r}, the program {expected!r}")
    both = [f"the program gives {expected!r}, the model {got!r}"] if expected else []
    raise InputError(
        diagnostic(
            "E435",
            "the compiled model relies on a fact that this intervention breaks",
            notes=[reason, *both],
            help="set values that can occur together, or pass `check=False` for what the network "
            "does",
        )
    )


def _check_readings(found: Trace) -> None:
    """Without the program: every variable must still hold one of its values."""
    for name in found.variables:
        read = found.variable(name)
        for position in read.strange:
            what = f"`{name}` holds {show(read[position])} at position {position}"
            raise InputError(
                diagnostic(
                    "E435",
                    "the compiled model relies on a fact that this intervention breaks",
                    notes=[f"{what}, which is no value"],
                    help="pass `check=False` for what the network does",
                )
            )


def has_values(what: Replacement) -> bool:
    """Whether a replacement is values of another run, which have a meaning for the program."""
    return isinstance(what, Patch | Resample)


def values_only(model: Model, tokens: list[Value], do: Do) -> dict[str, dict[int, Value]] | None:
    """What is set, in canonical form, with the program's values on the sources of patches.

    `None` where it has none of them: no variable of the name, or no value on a source.
    """
    sources: dict[str, dict[str, list[Value]]] = {}
    found: dict[str, dict[int, Value]] = {}
    for name, wanted in read_do(do, len(tokens)).items():
        found[name] = {}
        for position, what in wanted.items():
            patch = what.drawn(len(tokens)) if isinstance(what, Resample) else what
            if not isinstance(patch, Patch):
                found[name][position] = read_value(name, patch)
                continue
            source = read_sequence(patch.source)
            known = sources.setdefault(repr(source), {})
            values = known[name] if name in known else values_of(model, source, name)
            if values is None:
                return None
            known[name] = values
            at = position if patch.position is None else patch.position
            found[name][position] = values[at]
    return found


def same_output(model: Model, got: list[Value], expected: list[Value]) -> bool:
    """Whether outputs are equal: values as they are, numbers within the certified error."""
    within = model.certificate.output_error
    return all(
        abs(float(a) - float(b)) <= within
        if model.numerical and isinstance(a, int | float) and isinstance(b, int | float)
        else identity(a) == identity(b)
        for a, b in zip(got, expected, strict=True)
    )


def interchange(
    model: Model,
    base: Iterable[object],
    source: Iterable[object],
    variables: str | Iterable[str] | Mapping[str, int | Iterable[int]],
    positions: int | Iterable[int] | None = None,
    *,
    check: bool = True,
) -> list[Value]:
    """The output on `base` with variables as they are on `source`; see `Model.interchange`."""
    tokens, other = read_sequence(base), read_sequence(source)
    everywhere = range(min(len(tokens), len(other)))
    chosen = _several(everywhere if positions is None else positions)
    if isinstance(variables, str):
        where = {variables: chosen}
    elif isinstance(variables, Mapping):
        given = cast("Mapping[str, int | Iterable[int]]", variables)
        where = {name: _several(given[name]) for name in given}
    else:
        where = dict.fromkeys(map(str, _several(variables)), chosen)
    do = {name: {p: Patch(other) for p in places} for name, places in where.items()}
    return run(model, tokens, do, check=check)


def _several(given: Iterable[T] | T) -> list[T]:
    """A list; also of one that was given alone."""
    return list(cast("Iterable[T]", given)) if isinstance(given, Iterable) else [given]
