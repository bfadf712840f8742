"""What a model holds and gives on many inputs at once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rasplab.rasp.sequence import different, sequence_key
from rasplab.rasp.values import Value, identity
from rasplab.weights.artefact import ModelWeights
from rasplab.weights.codec import decode, encode
from rasplab.weights.forward import forward
from rasplab.weights.reading import tolerance
from rasplab.weights.streams import streams

Array = NDArray[np.floating]
Tokens = tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Batched runs of a model, compared variable by variable."""

    weights: ModelWeights
    known: dict[Hashable, list[Value]] = field(default_factory=dict[Hashable, "list[Value]"])

    def outputs(self, sequences: Sequence[Tokens]) -> list[list[Value]]:
        """The values that the model gives."""
        ids = encode(self.weights.config, sequences)
        return decode(self.weights.config, forward(self.weights, ids), list(map(len, sequences)))

    def output_differs(self, tokens: Tokens, others: Sequence[Tokens]) -> list[bool]:
        """Whether each of the others has another output."""
        first, *rest = self._recalled([tokens, *others])
        return [any(map(self._other_value, first, output)) for output in rest]

    def _recalled(self, sequences: Sequence[Tokens]) -> list[list[Value]]:
        """Outputs that are kept: of many inputs few are far from all others."""
        new = [tokens for tokens in different(sequences) if sequence_key(tokens) not in self.known]
        if new:
            self.known.update(zip(map(sequence_key, new), self.outputs(new), strict=True))
        return [self.known[sequence_key(tokens)] for tokens in sequences]

    def variables_and_outputs(
        self, sequences: Sequence[Tokens]
    ) -> tuple[dict[str, Array], list[list[Value]]]:
        """Per variable its coordinates (batch × positions × directions), BOS left out."""
        config = self.weights.config
        run = streams(self.weights, encode(config, sequences))
        found: dict[str, Array] = {}
        for place in self.weights.circuit.variables:
            if place.expression and place.expression not in found:
                found[place.expression] = run.variable(place)[:, 1:]
        found["output"] = run.output[:, 1:]
        return found, decode(config, run.output, list(map(len, sequences)))

    def differing(self, name: str, one: Array, other: Array) -> NDArray[np.bool_]:
        """Where a variable differs (batch × positions), by more than its certified error twice."""
        if name == "output":
            return self._outputs_differ(one, other)
        circuit = self.weights.circuit
        place = circuit.holding(name)[0]
        return np.abs(one - other).max(axis=2) > 2 * tolerance(circuit, place)

    def _outputs_differ(self, one: Array, other: Array) -> NDArray[np.bool_]:
        rows = zip(self._values(one), self._values(other), strict=True)
        pairs = (zip(a, b, strict=True) for a, b in rows)
        return np.array([[self._other_value(a, b) for a, b in row] for row in pairs], np.bool_)

    def _values(self, out: Array) -> list[list[Value]]:
        padded = np.concatenate([out[:, :1], out], axis=1)  # where BOS stands, which is left out
        return decode(self.weights.config, padded, [out.shape[1]] * len(out))

    def _other_value(self, a: Value, b: Value) -> bool:
        numerical = self.weights.config.numerical
        if numerical and isinstance(a, int | float) and isinstance(b, int | float):
            return abs(a - b) > 2 * self.weights.circuit.certificate.output_error
        return identity(a) != identity(b)
