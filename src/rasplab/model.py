"""The model that a user holds: each method is a line into the package that does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasplab.diagnostics import require
from rasplab.display import Shown, html, pairs, shorten
from rasplab.rasp.expressions import SOp
from rasplab.rasp.naming import program_name
from rasplab.rasp.values import Value
from rasplab.weights import Config, Manifest, ModelWeights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rasplab.compiler import Compilation
    from rasplab.craft.certificate import Certificate
    from rasplab.export.names import Names
    from rasplab.export.vocabulary import Words
    from rasplab.lab.circuits import GroundTruth
    from rasplab.lab.compression import Sweep
    from rasplab.lab.data import Dataset
    from rasplab.lab.interventions import CausalModel
    from rasplab.rasp.inputs import Inputs
    from rasplab.rasp.interventions import Do
    from rasplab.runtime import Transformer
    from rasplab.verification import Verification
    from rasplab.weights.trace import Trace


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A program compiled into a transformer; runs in NumPy.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("reverse").at(3, 5)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=5)
    >>> model("abc")
    ['c', 'b', 'a']

    It can be pickled, without the program; `save` writes it to a directory that others can read.
    """

    weights: ModelWeights
    program: SOp | None = None
    compilation: Compilation | None = None
    given_inputs: Inputs | None = None

    def __call__(
        self,
        sequence: Iterable[object],
        do: Do | None = None,
        *,
        check: bool | None = None,
    ) -> list[Value]:
        """The value at every position of one sequence; BOS is added inside.

        With `do` variables are set inside the network, as `run` says; `check=False` lets them be.
        Without, `check=True` asks the program as well, and the sequence has to be one for which it
        is meant. A model that was loaded warns of what it cannot check (`UncheckedWarning`).

        Raises:
            InputError: E427 for an input that was not declared, where this is checked, E411 and
                E428 where it cannot be; E430 to E436 for what cannot be set.
            ProgramError: the program has no value on it, or a promise does not hold there.
        """
        if do is not None:
            return self.run(sequence, do, check=check is not False)
        if check:
            from rasplab.verification import checked

            sequence = checked(self, sequence)
        return self.batch([sequence])[0]

    @property
    def inputs(self) -> Inputs | None:
        """The inputs for which the program was said to be meant, if not all."""
        from rasplab.rasp.inputs import saved_inputs

        c = self.config
        return self.given_inputs or saved_inputs(self.manifest.inputs, c.vocabulary, c.max_length)

    def batch(self, sequences: Sequence[Iterable[object]]) -> list[list[Value]]:
        """The values of many sequences, of different lengths, in one forward pass."""
        from rasplab.weights.run import run

        return run(self.weights, sequences)

    def run(
        self, sequence: Iterable[object], do: Do | None = None, *, check: bool = True
    ) -> list[Value]:
        """The values on one sequence with variables set inside the network, by name.

        `do={"hist": {3: 2}}` sets `hist` at position 3 to 2, on all directions that hold it.
        Where the program is known, the result is what `program(sequence, do=...)` gives, or it is
        refused; `check=False` gives what the network does, whatever that means. Where nothing is
        set there is nothing to check, and this is the model's own output.

        Raises:
            InputError: E430 to E436, for what cannot be set, or not with this effect.
        """
        from rasplab.lab.interventions import run

        return run(self, sequence, do, check=check)

    def interchange(
        self,
        base: Iterable[object],
        source: Iterable[object],
        variables: str | Iterable[str] | Mapping[str, int | Iterable[int]],
        positions: int | Iterable[int] | None = None,
        *,
        check: bool = True,
    ) -> list[Value]:
        """The values on `base`, with variables as they are in the run on `source`.

        Checked as `run` does: against the program with its own values on `source`.

        Raises:
            InputError: E430 to E436, for what cannot be set, or not with this effect.
        """
        from rasplab.lab.interventions import interchange

        return interchange(self, base, source, variables, positions, check=check)

    def causal_model(self, length: int | None = None) -> CausalModel:
        """The program on sequences of one length, as variables, values, parents and functions."""
        from rasplab.lab.interventions import causal_model

        return causal_model(self, length)

    def circuit(
        self,
        *,
        level: str = "head",
        ablation: str = "none",
        data: object = None,
        positions: bool = False,
        joined: bool = False,
        seed: int = 0,
        minimal: str | None = None,
    ) -> GroundTruth:
        """The ground-truth circuit: the nodes and edges that matter under an ablation.

        A node or edge is in the circuit exactly if ablating it, and nothing else, changes an
        output on some input of the data. With `ablation="none"`: who reads what whom wrote.

        Args:
            level: "component", "head", "qkv", "neuron" or "direction".
            ablation: "none", "zero", "mean", "resample", or "scramble" (as "resample", with the
                positions of the corrupted run in another order, as ACDC has it).
            data: sequences, or pairs of clean and corrupted ones (`model.dataset`); by default
                every input, or drawn ones where there are too many.
            positions: tell positions apart.
            joined: take the embeddings of tokens and positions for one node.
            seed: of what is drawn.
            minimal: "sets" to find, of a small model, every minimal circuit as well: all sets of
                edges that do where all others are ablated together, and no part of which does.

        Raises:
            InputError: E440 for an unknown level or ablation, E441 for data that are unusable, E455
                where there are too many sets to try.
        """
        from rasplab.lab.circuits import ground_truth

        return ground_truth(
            self, level=level, ablation=ablation, data=data, positions=positions, joined=joined,
            seed=seed, minimal=minimal,
        )  # fmt: skip

    def dataset(
        self,
        n: int | None = None,
        *,
        corrupt: str = "resample",
        seed: int = 0,
        length: int | None = None,
    ) -> Dataset:
        """Clean and corrupted inputs, the outputs of both, and the variables that differ.

        Args:
            n: how many pairs to draw, no input twice; without it, every input that there is.
            corrupt: "resample" takes another input of the data, of the same length; "random" draws
                the tokens anew; "minimal" changes as few tokens as change the output.
            seed: of what is drawn.
            length: of the inputs; without it, all lengths, or the greatest if they are drawn.

        Raises:
            InputError: E440 for an unknown option, E441 where there are too many or too few inputs.
        """
        from rasplab.lab.data import make_dataset

        return make_dataset(self, n, corrupt=corrupt, seed=seed, length=length)

    def trace(self, sequence: Iterable[object], do: Do | None = None) -> Trace:
        """Every activation on one sequence, with named axes; with variables set, if asked for.

        It prints step by step: each variable, the part that computed it, the selector, its values.
        """
        from rasplab.lab.interventions import traced

        return traced(self, sequence, do)

    def torch(self, *, dtype: Any = None, device: Any = None) -> Transformer:
        """The same network as a PyTorch module."""
        require("torch", extra="torch", purpose="a PyTorch module")
        from rasplab.runtime import build

        return build(self.weights, dtype=dtype, device=device)

    def save(self, directory: str | Path, *, overwrite: bool = False) -> Path:
        """Write the model to a directory, the same bytes every time."""
        from rasplab.weights.files import save

        return save(self.weights, directory, overwrite=overwrite)

    def save_pretrained(
        self,
        directory: str | Path,
        *,
        architecture: str = "gpt2",
        activation: str = "relu",
        n_positions: int | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write the model as a stock Hugging Face checkpoint, its truth in `circuit.json`.

        `n_positions`, if given, is the context that the checkpoint must have, BOS counted.
        """
        from rasplab.export.checkpoint import Layout, save_pretrained

        layout = Layout.read(self.weights, architecture, activation, n_positions)
        return save_pretrained(self.weights, directory, layout, overwrite=overwrite)

    def to_transformer_lens(self) -> Any:
        """The model as a TransformerLens 4 bridge, hooks down to the single head."""
        from rasplab.export.transformer_lens import to_transformer_lens

        return to_transformer_lens(self.weights)

    def save_transformer_lens_legacy(
        self,
        directory: str | Path,
        *,
        min_heads: int = 1,
        min_context: int = 1,
        overwrite: bool = False,
    ) -> Path:
        """Write a `HookedTransformer` (TransformerLens up to 3): state dict, config, tokenizer.

        Some tools need two heads, or a context of ten: more can be had, which do nothing.
        """
        from rasplab.export.legacy_lens import save_transformer_lens_legacy as save

        least = {"min_heads": min_heads, "min_context": min_context}
        return save(self.weights, directory, **least, overwrite=overwrite)

    def to_onnx(
        self, path: str | Path, *, activations: bool = False, overwrite: bool = False
    ) -> Path:
        """Write the model as an ONNX file; with `activations` all of them are outputs."""
        from rasplab.export.onnx import to_onnx

        return to_onnx(self.weights, path, activations=activations, overwrite=overwrite)

    def to_jax(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        """A pure JAX function `apply(params, ids)`, and `params`, a pytree."""
        from rasplab.export.jax import to_jax

        return to_jax(self.weights)

    def encode(self, sequences: Sequence[Iterable[object]]) -> NDArray[np.intp]:
        """Token ids (batch x positions) as every exported model takes them: BOS first, then PAD."""
        from rasplab.weights import encode

        return encode(self.weights.config, sequences)

    def decode(self, logits: object, ids: object) -> list[list[Value]]:
        """The values of an exported model's read-out (batch x positions x d_out) for those ids."""
        from rasplab.weights.codec import decode_ids

        return decode_ids(self.weights.config, logits, ids)

    def names(self, target: str = "transformers") -> Names:
        """Where each variable lives and which part implements what, by a target's names."""
        from rasplab.export.names import names_of

        return names_of(self.weights, target)

    @property
    def words(self) -> Words:
        """The words of an exported model: ids, texts and values; `words.text("ab")`."""
        from rasplab.export.vocabulary import words_of

        return words_of(self.weights.config)

    def verify(self, *, samples: int = 1000, seed: int = 0) -> Verification:
        """Compare the model with the evaluator: on every input if feasible, else on drawn ones."""
        from rasplab.verification import verify

        return verify(self, samples=samples, seed=seed)

    def compress(self, widths: Iterable[int], seeds: int = 10, **options: Any) -> Sweep[Model]:
        """Compress the residual stream to fewer dimensions; see `rasplab.lab.compression`."""
        require("torch", extra="torch", purpose="compression")
        from rasplab.lab.compression import compress

        return compress(self, widths, seeds, **options)

    @property
    def config(self) -> Config:
        """Sizes, vocabulary, masking and what the output means."""
        return self.weights.config

    @property
    def manifest(self) -> Manifest:
        """Which component implements what, and where each variable lives: `circuit.json`."""
        return self.weights.circuit

    @property
    def certificate(self) -> Certificate:
        """The proof sketch: error bounds and margins."""
        return self.weights.circuit.certificate

    @property
    def numerical(self) -> bool:
        """Whether the output is a number rather than one of a set of values."""
        return self.weights.config.numerical

    @property
    def name(self) -> str:
        """What the program is called, or its text, cut short."""
        named = None if self.program is None else program_name(self.program)
        return named or shorten(self.manifest.program, 60)

    def show(self) -> str:
        """Sizes, the plan layer by layer, and the certificate, as text that shows itself."""
        from rasplab.weights import printer

        return Shown(printer.describe(self.weights))

    def explore(
        self,
        path: str | Path = "explorer.html",
        sequence: Iterable[Any] | None = None,
        *,
        open: bool = False,
        circuits: Any = False,
        beside: Model | None = None,
    ) -> Path:
        """Write one HTML file, which needs no network, to step through the model in a browser.

        Args:
            path: the file.
            sequence: the input that it begins with.
            open: show it in the browser.
            circuits: draw the ground truth: `True` for every level and ablation, or pairs such as
                `[("head", "zero")]`; without it, who reads what whom wrote.
            beside: a second model, shown on the same input: the program's at `optimize=0`, say.

        Raises:
            InputError: E401 to E405, for a sequence that the model does not take; E440 for
                circuits that the page cannot draw, or a second model for other inputs.
            ModelFileError: E504 where the file cannot be written.
        """
        from rasplab.view.explorer import open_page, save_explorer

        written = save_explorer(self, path, sequence, circuits=circuits, beside=beside)
        if open:
            open_page(written)
        return written

    def __repr__(self) -> str:
        return f"<rasplab.Model of {self.name}: {self.weights}>"

    def _repr_html_(self) -> str:
        from rasplab.view import plan_svg
        from rasplab.weights.printer import overview

        return html(self.name, pairs(overview(self.weights)), picture=plan_svg(self))

    def __reduce__(self) -> tuple[type[Model], tuple[ModelWeights]]:
        """Pickled like a saved model: the weights and what they mean, without the program."""
        return type(self), (self.weights,)

    def __deepcopy__(self, memo: object) -> Model:
        return self

    def __copy__(self) -> Model:
        return self

    def _repr_svg_(self) -> str:
        from rasplab.view import plan_svg

        return plan_svg(self)
