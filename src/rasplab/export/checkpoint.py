"""A model as an ordinary Hugging Face checkpoint, with its ground truth beside it.

The directory holds what any checkpoint holds, and `circuit.json`: the model's labels and its truth,
the words, the names, and the SHA-256 of every file. Nothing of transformers is needed to write it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from rasplab.checker import Proof
from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.export.home import Arrays, Head, Home
from rasplab.export.homes import HOMES
from rasplab.export.names import names_of
from rasplab.export.norms import NormBound, bound_of
from rasplab.export.standard import require_standard
from rasplab.export.tokenizer import tokenizer_files
from rasplab.export.vocabulary import Words, words_of
from rasplab.weights import BOS_ID, PAD_ID, Config, ModelWeights, declared, manifest
from rasplab.weights.directory import write_directory
from rasplab.weights.files import BASIS as PREFIX
from rasplab.weights.files import (
    MIX,
    NOMINAL,
    SPECIFICATION,
    basis_arrays,
    nominal_arrays,
    read_bases,
    read_nominal,
    taken,
)
from rasplab.weights.manifest import Json
from rasplab.weights.schema import FLAG, Maybe, Number, OneOf, Record, Text
from rasplab.weights.sealed import Format, damage, read_sealed, sealed
from rasplab.weights.specified import read_specification, specification_data

ARRAYS, BASIS, CIRCUIT = "model.safetensors", "basis.safetensors", "circuit.json"
FILES = (
    "config.json",
    "generation_config.json",
    ARRAYS,
    "tokenizer.json",
    "tokenizer_config.json",
)
_BIDIRECTIONAL: Json = {
    "architectures": ["RasplabGPT2LMHeadModel"],
    "is_causal": False,
    "attn_implementation": "eager",
    "output_attentions": True,
}
"""What keeps a stock GPT-2 bidirectional: `is_causal`, which transformers honours in its eager
attention alone; asking for attentions makes it refuse any other. Tools that go by the name of the
architecture, and would make a GPT-2 causal, do not know this one."""

NEVER = 2.0**30
"""Minus the score, at least, of words that are no outputs."""

LARGEST = 50.0
"""Beyond numbers of this size float64 is written: some 32 roundings of 50 in float32 are 1e-4, as
far as a checkpoint's residual stream is to be from ours (in the library 16 are seen)."""

CHECKPOINT = Format("rasplab-checkpoint", 4, "Model.save_pretrained")
UNDISGUISED = replace(CHECKPOINT, version=3)
"""Written still for what is not disguised."""
FOR_ALL_INPUTS = replace(CHECKPOINT, version=2)
"""Written still for what is meant for every input."""

_BOUND = Record(
    {
        "precision": declared.FORMAT,
        "output_error": declared.ERROR,
        "largest": Number(least=0.0),
        "smallest_margin": Number(),
        "exact": FLAG,
    }
)
_LAYOUT = Record(
    {
        "architecture": Text(),
        "activation": Text(),
        "dtype": OneOf(("float32", "float64")),
        "bound": Maybe(_BOUND),
    }
)
"""What a layout may be, beside what homes there are; its `shape` follows from the model, as all
that is not named here does."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a checkpoint holds a model: architecture, activation and number format.

    `bound` is what is proved of it; nothing where the model does not say what it should compute.
    """

    architecture: str
    activation: str
    dtype: str
    bound: NormBound | None = None

    @property
    def home(self) -> Home:
        """The architecture."""
        return HOMES[self.architecture]

    @staticmethod
    def read(
        weights: ModelWeights,
        architecture: str,
        activation: str,
        n_positions: int | None = None,
    ) -> Layout:
        """Check what a user asked for, and choose a number format in which the model stays exact.

        Raises:
            InputError: E601 no such architecture or activation, E603 no format is precise enough,
                E604 another context.
        """
        _among("architecture", architecture, tuple(HOMES))
        home = HOMES[architecture]
        _among("activation", activation, home.activations)
        require_standard(weights.config, home.title)
        if n_positions not in (None, weights.config.n_ctx):
            raise InputError(_other_context(weights, n_positions))
        formats = ("float64",) if weights.config.dtype == "float64" else ("float32", "float64")
        if weights.specification is None or weights.circuit.certificate.measured:
            return Layout(architecture, activation, formats[0])
        proofs = {dtype: home.prove(weights, activation, dtype) for dtype in formats}
        bounds = [bound_of(weights, proof, dtype) for dtype, proof in proofs.items()]
        exact = [bound for bound in bounds if bound.exact]
        if not exact:
            refuted = proofs[formats[-1]].refuted
            raise InputError(_not_exact(home, bounds[-1], refuted, _remedy(weights, home)))
        best = next((bound for bound in exact if bound.largest <= LARGEST), exact[-1])
        return Layout(architecture, activation, best.precision, best)


def save_pretrained(
    weights: ModelWeights, directory: str | Path, layout: Layout, *, overwrite: bool = False
) -> Path:
    """Write a model as a checkpoint that `AutoModelForCausalLM` and `AutoTokenizer` open.

    Raises:
        ModelFileError: E503 exists already, E504 cannot be written.
    """
    files = contents(weights, layout)
    known = (*FILES, BASIS, CIRCUIT)
    return write_directory(directory, files, overwrite=overwrite, known=known)


def contents(weights: ModelWeights, layout: Layout) -> dict[str, bytes]:
    """The files of a checkpoint, by name; the same bytes every time."""
    from safetensors.numpy import save as to_safetensors

    vocabulary = words_of(weights.config)
    files = _settings(weights.config, vocabulary, layout)
    files[ARRAYS] = to_safetensors(_arrays(weights, vocabulary, layout), {"format": "pt"})
    named = {n.removeprefix(PREFIX): a for n, a in basis_arrays(weights).items()}
    named |= nominal_arrays(weights)
    if named:
        files[BASIS] = to_safetensors(named)
    return sealed(files, CIRCUIT, _circuit(weights, vocabulary, layout))


def _settings(config: Config, vocabulary: Words, layout: Layout) -> dict[str, bytes]:
    """The files that tell transformers how the arrays are run, and which word has which id."""
    data: dict[str, Json] = {
        "config.json": _config(config, vocabulary, layout),
        "generation_config.json": _generation(config, vocabulary),
    }
    files = {name: manifest.to_bytes(part) for name, part in data.items()}
    return files | tokenizer_files(vocabulary, config.n_ctx)


def from_pretrained(directory: str | Path) -> ModelWeights:
    """The model that `save_pretrained` wrote, with its labels and its truth.

    Raises:
        ModelFileError: E501 not such a checkpoint, E502 edited or truncated,
            E505 made by a newer version.
    """
    return _read(directory)[0]


def is_checkpoint(directory: str | Path) -> bool:
    """Whether a directory says that `save_pretrained` wrote it."""
    try:
        found = manifest.from_bytes((Path(directory) / CIRCUIT).read_bytes())
        return found["format"] == CHECKPOINT.name
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return False


def prove_pretrained(directory: str | Path, dtype: str | None = None) -> Proof:
    """What the checker proves of a checkpoint from its files, as it runs behind its norms.

    Raises:
        ModelFileError: as `from_pretrained` does.
        InputError: E410, a format that it is not written in: the norms and the slope of a gelu
            are made for one.
    """
    weights, layout = _read(directory)
    if dtype not in (None, layout.dtype):
        raise InputError(
            diagnostic(
                "E410",
                f"this checkpoint is written for {layout.dtype}, not for {shown(dtype)}",
                help="check the directory that `Model.save` writes for other formats",
            )
        )
    proof = layout.home.prove(weights, layout.activation, layout.dtype)
    if not weights.config.numerical and not proof.output_error < NEVER / 2:
        return replace(proof, refuted=proof.refuted or "its scores are below what is no output")
    return proof


def _read(directory: str | Path) -> tuple[ModelWeights, Layout]:
    found = (*FILES, BASIS) if (Path(directory) / BASIS).exists() else FILES
    files, circuit = read_sealed(Path(directory), found, CIRCUIT, CHECKPOINT)
    with damage(directory, CIRCUIT):
        layout = _read_layout(circuit["layout"])
        return _assemble(files, circuit, layout), layout


def _assemble(files: dict[str, bytes], circuit: Json, layout: Layout) -> ModelWeights:
    """The model, if what it would be written as is what there is: every array, word and setting."""
    from safetensors.numpy import load as from_safetensors

    FLAG.check(circuit["basis"], "circuit.basis")
    words = manifest.read_tokenizer(circuit["tokenizer"])
    config = manifest.read_config(circuit["config"], words)
    truth = manifest.read_circuit(circuit["circuit"])
    declared.check(declared.CIRCUIT_RELATIONS, config, truth)
    vocabulary = words_of(config)
    stored = from_safetensors(files[ARRAYS])
    declared.check_numbers(stored, (layout.dtype,))
    columns = list(vocabulary.columns)
    arrays = layout.home.back(stored, config, columns, layout.activation, layout.dtype)
    declared.check_arrays(config, arrays)
    named = from_safetensors(files[BASIS]) if BASIS in files else {}
    nominal = read_nominal(config, taken(named, NOMINAL), taken(named, MIX))
    declared.check_numbers(named, declared.STORED_AS[config.dtype])
    bases = read_bases(named)
    if circuit["basis"] != bool(bases):
        raise ValueError("it says that its stream has another basis than there is")
    stated = circuit.get(SPECIFICATION)
    specification = None if stated is None else read_specification(stated)
    weights = ModelWeights(config, arrays, truth, bases, specification, nominal)
    weights.verify()
    _refuse_other(stored, _arrays(weights, vocabulary, layout))
    settings = _settings(config, vocabulary, layout)
    if other := [name for name in settings if files[name] != settings[name]]:
        raise ValueError(f"not as the model has it: {', '.join(other)}")
    again = _circuit(weights, vocabulary, layout)
    written = manifest.to_bytes(again | {"format_version": circuit["format_version"]})
    if manifest.from_bytes(written) != circuit:
        raise ValueError("its words, names and sizes are not those of the model")
    return weights


def _read_layout(data: Json) -> Layout:
    _LAYOUT.check({name: data[name] for name in _LAYOUT.fields}, "circuit.layout")
    OneOf(tuple(HOMES)).check(data["architecture"], "circuit.layout.architecture")
    activations = HOMES[data["architecture"]].activations
    OneOf(activations).check(data["activation"], "circuit.layout.activation")
    bound = None if data["bound"] is None else NormBound(**data["bound"])
    return Layout(data["architecture"], data["activation"], data["dtype"], bound)


def _refuse_other(stored: Arrays, expected: Arrays) -> None:
    if stored.keys() != expected.keys():
        raise ValueError("the arrays are not those of the model's layers")
    for name, array in expected.items():
        if not np.array_equal(stored[name], array):
            raise ValueError(f"the array {name} does not go with the others")


def _arrays(weights: ModelWeights, vocabulary: Words, layout: Layout) -> Arrays:
    head = _head(weights, vocabulary)
    return layout.home.arrays(weights, head, layout.activation, layout.dtype)


def _head(weights: ModelWeights, vocabulary: Words) -> Head:
    """Rows of the vocabulary: the read-out's columns at their ids; of the rest none ever wins."""
    c, w = weights.config, weights.arrays
    head = Head(
        np.zeros((len(vocabulary.entries), c.d_model)),
        np.zeros(len(vocabulary.entries)),
    )
    if not c.numerical:  # scores are at most `output_size`, so the least is above its negative
        size = weights.circuit.certificate.output_size + weights.circuit.certificate.output_error
        head.bias[:] = -max(NEVER, 2.0 ** math.ceil(math.log2(2 * size + 2)))
    rows = list(vocabulary.columns)
    head.weight[rows] = w["unembed.W_U"].T
    head.bias[rows] = w["unembed.b_U"]
    return head


def _config(c: Config, vocabulary: Words, layout: Layout) -> Json:
    data: Json = {
        **layout.home.config(c, len(vocabulary.entries), layout.activation),
        "tie_word_embeddings": False,
        "bos_token_id": BOS_ID,
        "pad_token_id": PAD_ID,
        "eos_token_id": None,
        "use_cache": c.causal,
        "dtype": layout.dtype,
    }
    if not c.causal:
        data |= _BIDIRECTIONAL
    output: Json = {"kind": "choice", "ids": list(vocabulary.columns)}
    if c.numerical:
        undefined = vocabulary.columns[1] if c.output_undefined else None
        output = {"kind": "number", "id": vocabulary.columns[0], "undefined_id": undefined}
        output["unit"] = c.output_unit
    return data | {"rasplab": {"output": output, "causal": c.causal, "d_model": c.d_model}}


def _generation(c: Config, vocabulary: Words) -> Json:
    """Greedy; it ends at the context's end, or after a word that is no token."""
    ends = [word.id for word in vocabulary.entries if word.output and not word.token]
    return {
        "bos_token_id": BOS_ID,
        "pad_token_id": PAD_ID,
        "eos_token_id": ends or None,
        "do_sample": False,
        "max_length": c.n_ctx,
    }


def _circuit(weights: ModelWeights, vocabulary: Words, layout: Layout) -> Json:
    c = weights.config
    words = [
        {"id": w.id, "text": w.text, "kind": w.kind, "token": w.token, "output": w.output}
        for w in vocabulary.entries
    ]
    written = FOR_ALL_INPUTS if weights.circuit.inputs is None else UNDISGUISED
    if weights.nominal is not None or weights.circuit.disguise is not None:
        written = CHECKPOINT
    data = {
        **written.head(),
        "layout": asdict(layout) | {"shape": layout.home.sizes(c)},
        "basis": not weights.plain,
        "words": words,
        "names": asdict(names_of(weights, home=layout.home)),
        "config": manifest.config_data(c),
        "tokenizer": manifest.tokenizer_data(c.vocabulary),
        "circuit": manifest.circuit_data(weights.circuit),
    }
    if weights.specification is not None:
        data[SPECIFICATION] = specification_data(weights.specification)
    return data


def _among(name: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise InputError(
            diagnostic(
                "E601",
                f"there is no {name} {given!r} to export to",
                help=f"use {' or '.join(map(repr, known))}",
            )
        )


def _remedy(weights: ModelWeights, home: Home) -> str:
    if home is not HOMES["gpt2"]:
        return 'use `architecture="gpt2"`, whose norms do nothing'
    if weights.nominal is not None:
        wider = "disguise it with `dtype='float64'`, or "
        narrow = weights.config.dtype != "float64"
        return f"{wider if narrow else ''}save the model as it was before it was disguised"
    soft = weights.circuit.softness > 0
    return f"compile {'with less `softness`' if soft else 'for a smaller `max_length`'}"


def _not_exact(home: Home, bound: NormBound, refuted: str, remedy: str) -> Diagnostic:
    why = refuted or f"the smallest margin is {bound.smallest_margin:.2g}"
    return diagnostic(
        "E603",
        f"this model would not be exact behind the layer norms of {home.title}",
        notes=[f"in {bound.precision}: {why}"],
        help=f"{remedy}; or use a home without norms",
    )


def _other_context(weights: ModelWeights, n_positions: int | None) -> Diagnostic:
    c = weights.config
    return diagnostic(
        "E604",
        f"a context of {n_positions} positions does not fit this model",
        notes=[f"it takes sequences up to length {c.max_length}: {c.n_ctx} positions with BOS"],
        help="compile for that length; BOS is one position more",
    )
