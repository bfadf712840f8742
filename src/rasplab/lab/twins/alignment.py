"""Which part of a twin stands for which part of the compiled model, and which stand for none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rasplab.lab.circuits import ground_truth

if TYPE_CHECKING:
    from rasplab.model import Model
    from rasplab.weights import Config


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A head (`a0.h1`), or all hidden units of a layer (`m0`, without a head).

    Its name is the one that `model.circuit(level="head")` has for it.
    """

    layer: int
    kind: str
    head: int | None = None

    @property
    def name(self) -> str:
        """The node's name in circuits."""
        return f"m{self.layer}" if self.head is None else f"a{self.layer}.h{self.head}"

    @property
    def point(self) -> str:
        """The hook point through which what it writes passes (for a head, beside the others)."""
        inner = f"blocks.{self.layer}."
        return f"{inner}hook_mlp_out" if self.head is None else f"{inner}attn.hook_result"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Alignment:
    """The parts of a twin that are those of the circuit, and the `strict` ones, which are not.

    A part of the circuit stands for the part of the compiled model with its own name. A strict part
    may write what it likes, as long as no output depends on it.
    """

    circuit: tuple[Part, ...]
    strict: tuple[Part, ...]

    def __str__(self) -> str:
        strict = ", ".join(map(str, self.strict)) or "no part"
        return f"circuit {', '.join(map(str, self.circuit))}; beside it {strict}"


def circuit_of(model: Model) -> tuple[Part, ...]:
    """The parts that are read by somebody on the way to the output, in order.

    >>> import rasplab
    >>> program, vocab = rasplab.programs.get("reverse").at(2, 2)
    >>> print(*circuit_of(rasplab.compile(program, vocab=vocab, max_length=2)))
    a0.h0 m0 a1.h0
    """
    truth = ground_truth(model, level="head", ablation="none")
    read = {node.name for node in truth.nodes}
    return tuple(part for part in parts_of(model.config) if part.name in read)


def align(model: Model, twin: Config) -> Alignment:
    """Every part of the circuit with its namesake in a twin of this configuration."""
    circuit = circuit_of(model)
    return Alignment(circuit, tuple(part for part in parts_of(twin) if part not in circuit))


def parts_of(config: Config) -> Iterator[Part]:
    """All heads and runs of hidden units, in the order of the forward pass."""
    for step in config.architecture.steps:
        if step.kind == "mlp":
            yield from [Part(step.layer, "mlp")] if config.d_mlp else ()
        else:
            yield from (Part(step.layer, "attn", head) for head in range(config.n_heads))


def points(parts: Iterable[Part]) -> list[str]:
    """The hook points of parts, each once."""
    return list(dict.fromkeys(part.point for part in parts))
