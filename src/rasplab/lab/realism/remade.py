"""Models of changed weights: what was proved of these goes with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rasplab.certified import proved
from rasplab.checker import Proof
from rasplab.weights import ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model


def remade(model: Model, weights: ModelWeights, proof: Proof) -> Model:
    """The model with other weights, under a certificate of what was proved of them.

    Of the stages on the way to it, those before the weights are of the model as it was compiled.
    """
    certificate = proved(proof, weights.circuit.certificate)
    weights = replace(weights, circuit=replace(weights.circuit, certificate=certificate))
    stages = model.compilation
    if stages is not None:
        stages = replace(stages, weights=weights, proof=proof)
    return replace(model, weights=weights, compilation=stages)
