"""Tracr's `tracr.compiler.compiling`: from a program to a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, cast

from rasplab import rasp as native
from rasplab.compat.tracr.compiler.assemble import AssembledTransformerModel, Forward
from rasplab.compat.tracr.compiler.defined import Domain, settler
from rasplab.compat.tracr.compiler.parameters import (
    Layout,
    Names,
    config_of,
    haiku_params,
    lay_out,
)
from rasplab.compat.tracr.craft.bases import VectorSpaceWithBasis
from rasplab.compat.tracr.rasp.evaluation import operands, picks_one, translate
from rasplab.compat.tracr.rasp.expression import check
from rasplab.compat.tracr.rasp.sops import SOp, is_numerical
from rasplab.compat.tracr.rasp.spelling import Spellings, plain_identity
from rasplab.compat.tracr.transformer.encoder import (
    CategoricalEncoder,
    Encoder,
    NumericalEncoder,
    undefined,
)
from rasplab.diagnostics import CompileError, InputError, diagnostic
from rasplab.graph import Facts, Interner, Interval, build_graph
from rasplab.model import Model
from rasplab.opening import compile as compile_native
from rasplab.rasp.order import operands_first
from rasplab.weights import BOS_ID, PAD_ID

COMPILER_BOS = "compiler_bos"
COMPILER_PAD = "compiler_pad"

VALUES_AT_MOST = 256
"""Of so many values, or as many as there are tokens or positions, the output has a score each."""


def compile_rasp_to_model(
    program: SOp,
    vocab: Collection[Any],
    max_seq_len: int,
    causal: bool = False,
    compiler_bos: str = COMPILER_BOS,
    compiler_pad: str = COMPILER_PAD,
    mlp_exactness: float = 100,
    *,
    optimize: int = 1,
    dtype: str = "float32",
    inputs: Any = None,
) -> AssembledTransformerModel:
    """Compile a program; the model equals its evaluation, or compilation is refused.

    An aggregate that was annotated by `rasp.categorical` promises to select one position at most.
    That is relied on where it holds on declared inputs, or where the program would be refused
    otherwise; the certificate names it.

    Args:
        program: the sequence operator to compute at every position.
        vocab: the tokens that may occur, BOS and PAD not among them.
        max_seq_len: the longest sequence, BOS not counted.
        causal: whether a position sees only itself and what came before.
        compiler_bos: the token that starts every input.
        compiler_pad: the token that fills a batch.
        mlp_exactness: accepted for Tracr's sake; thresholds are placed exactly by themselves.
        optimize: 1 fuses and shares; 0 gives every expression its own directions and layer.
        dtype: the number format in which the model must be exact.
        inputs: those for which the program is meant, without BOS, as for `rasplab.compile`.

    Raises:
        CompileError: the program has no value on some input, or is too large to be exact.
        InputError, ProgramError: an argument is not acceptable; all are a ValueError.
    """
    del mlp_exactness
    check(program, SOp, "a program to compile")
    for token, role in ((compiler_bos, "BOS"), (compiler_pad, "PAD")):
        if token in vocab:
            raise InputError(
                diagnostic(
                    "E407", f"Compiler {role} token must not be present in the vocab: {token!r}"
                )
            )
    tokens = VectorSpaceWithBasis.from_values("tokens", vocab).basis

    def compiled(root: Any) -> Model:
        return compile_native(
            root,
            vocab=[direction.value for direction in tokens],
            max_length=max_seq_len,
            causal=causal,
            optimize=optimize,
            dtype=dtype,
            inputs=inputs,
        )

    model = _compiled_as_tracr_would(program, compiled, trusting=inputs is not None)
    return _assembled(program, model, Spellings(vocab), compiler_bos, compiler_pad)


def _compiled_as_tracr_would(
    program: SOp, compiled: Callable[[Any], Model], *, trusting: bool
) -> Model:
    """The model with no direction for what cannot occur, and a score for each value if it may."""
    model, promising = _promised_or_not(program, compiled, trusting=trusting)
    translated = translate(program, promising=promising)
    if _may_be_undefined(model):
        c = model.config
        settled = settler(Domain(c.vocabulary, c.max_length, c.causal))
        translated = translate(program, settled, promising=promising)
        model = _attempt(compiled, _root(program, translated)) or model
    if model.numerical and not is_numerical(program):
        few = max(VALUES_AT_MOST, len(model.config.vocabulary), model.config.n_ctx)
        if _value_count(translated, model) <= few:
            chosen = native.categorical(cast("native.SOp", translated))
            return _attempt(compiled, _named(program, chosen)) or model
    return model


def _promised_or_not(
    program: SOp, compiled: Callable[[Any], Model], *, trusting: bool
) -> tuple[Model, bool]:
    """A model of the program, and whether it relies on what `categorical` promises.

    That is tried last, since evaluation has a mean where the promise is broken; and first where
    `trusting`, as then the compiler sees whether it holds on the inputs that count.

    Raises:
        CompileError: the program is refused either way; says why as it stands.
    """
    promises = any(map(picks_one, operands_first(program, operands)))
    refusals: list[CompileError] = []
    for promising in (True, False) if trusting else (False, True):
        if promising and not promises:
            continue
        try:
            root = _root(program, translate(program, promising=promising))
            return compiled(root), promising
        except CompileError as refusal:
            refusals.insert(len(refusals) if promising else 0, refusal)
    raise refusals[0]


def _may_be_undefined(model: Model) -> bool:
    c = model.config
    return c.output_undefined or (c.output_values is not None and None in c.output_values)


def _attempt(compiled: Callable[[Any], Model], root: Any) -> Model | None:
    """Another model of the program, where there is one that is exact."""
    try:
        return compiled(root)
    except CompileError:
        return None


def _value_count(translated: Any, model: Model) -> float:
    """How many values the output can have."""
    c = model.config
    facts = Facts(Interner(), c.vocabulary, c.max_length, c.causal)
    try:
        domain = facts.domain(build_graph(translated, facts.interner))
    except CompileError:
        return math.inf
    return math.inf if isinstance(domain, Interval) else len(domain)


def _root(program: SOp, translated: Any) -> Any:
    """The program with the encoding that its output is asked to have."""
    if not is_numerical(program):
        return translated
    return _named(program, native.numerical(translated))


def _named(program: SOp, translated: Any) -> Any:
    return replace(translated, name=program.label, origin=program.origin)


def _assembled(
    program: SOp, model: Model, spellings: Spellings, bos: str, pad: str
) -> AssembledTransformerModel:
    weights = model.weights
    words = list(spellings.given)
    basis = VectorSpaceWithBasis.from_values("tokens", [*words, bos, pad]).basis
    ids = model.config.token_ids()
    rows = [
        BOS_ID if d.value == bos else PAD_ID if d.value == pad else ids[plain_identity(d.value)]
        for d in basis
    ]
    labels = {part.label for part in operands_first(program, operands) if isinstance(part, SOp)}
    known = [*words, *(model.config.output_values or ())]
    mark = undefined(value for value in known if value is not None)
    layout = lay_out(weights, Names(program.label, frozenset(labels), bos, spellings, mark))
    config = config_of(weights)
    encoder = CategoricalEncoder(basis, True, bos, pad, model.config.n_ctx)
    return AssembledTransformerModel(
        forward=Forward(config, layout.output, not model.numerical, encoder.encoding_map[pad]),
        params=haiku_params(weights, layout, config, rows),
        model_config=config,
        residual_labels=[str(d) for d in layout.directions],
        input_encoder=encoder,
        output_encoder=_output_encoder(layout, model),
        rasplab=model,
    )


def _output_encoder(layout: Layout, model: Model) -> Encoder:
    basis = [layout.directions[column] for column in layout.output]
    return NumericalEncoder(basis) if model.numerical else CategoricalEncoder(basis)
