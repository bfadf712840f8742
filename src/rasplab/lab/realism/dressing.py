"""The dials of real norms and smooth units: what is put around weights that are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from rasplab.checker.arithmetic import FORMATS
from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.export.norms import length
from rasplab.weights import Config, ModelWeights
from rasplab.weights.architecture import Activation, Norm
from rasplab.weights.dressing import Lanes, anchor_above, dressed

NORMS: tuple[Norm, ...] = ("none", "layer", "rms")
ACTIVATIONS: tuple[Activation, ...] = ("relu", "gelu", "silu")
_PART_OF_ANCHOR: dict[Norm, float] = {"layer": 2.0**-3, "rms": 1.0}
"""A mean is rounded by so many units of the anchor: a smaller one costs less of that, as long as
the stream shows in the variance no more than what rounds the variance, some 100 units of it."""
FORMATS_OF_NORMS = ("float32", "float64")


@dataclass(frozen=True, slots=True)
class Look:
    """A norm and an activation, as they are asked for.

    Anchors are halved so often from where nothing of the stream shows beside them.
    """

    norm: Norm
    activation: Activation
    halvings: int = 0

    @classmethod
    def of(cls, norm: object, activation: object) -> Look:
        """Those of such names.

        Raises:
            InputError: E463, there are none.
        """
        for name, given, known in (
            ("norm", norm, NORMS),
            ("activation", activation, ACTIVATIONS),
        ):
            if not isinstance(given, str) or given not in known:
                listed = ", ".join(map(repr, known))
                why = f"`{name}` is one of {listed}, which {shown(given)} is not"
                raise InputError(senseless(why))
        return cls(cast("Norm", norm), cast("Activation", activation))

    @property
    def dials(self) -> tuple[str, ...]:
        """What is turned, as a disguise names it.

        >>> Look("rms", "gelu").dials, Look("none", "relu").dials
        (('rms norm', 'gelu'), ())
        """
        norm = () if self.norm == "none" else (f"{self.norm} norm",)
        return norm if self.activation == "relu" else (*norm, self.activation)

    def named(self, weights: ModelWeights) -> tuple[str, ...]:
        """The same, with what the anchors of weights hold where they are smaller than usual."""
        if not self.halvings:
            return self.dials
        lanes = Lanes(self.norm, weights.config.bare.d_model)
        held = weights.arrays["pos_embed.W_pos"][0, lanes.anchors[0]]
        return (f"{self.norm} norm beside {held:g}", *self.dials[1:])

    def check(self, config: Config) -> None:
        """Refuse formats in which nothing is known of how norms are computed.

        Raises:
            InputError: E485.
        """
        if not self.dials or config.dtype in FORMATS_OF_NORMS:
            return
        raise InputError(
            diagnostic(
                "E485",
                f"real norms and smooth units are not made in {config.dtype}",
                notes=["they are proved in float32 and in float64"],
                help='use `dtype="float32"`, or turn neither `norm` nor `activation`',
            )
        )

    def given(self, weights: ModelWeights) -> ModelWeights:
        """Bare weights, so dressed: with the anchor that their stream asks for."""
        if not self.dials:
            return weights
        anchor = 0.0
        if self.norm != "none":
            anchor = anchor_above(length(weights), FORMATS[weights.config.dtype].bits)
            anchor *= _PART_OF_ANCHOR[self.norm] * 2.0**-self.halvings
        return dressed(weights, self.norm, self.activation, anchor=anchor)


def senseless(why: str) -> Diagnostic:
    """Of an argument of a dial that has no meaning."""
    return diagnostic("E463", why, help="see `help(rasplab.lab.realism.disguise)`")
