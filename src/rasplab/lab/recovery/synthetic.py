"""A model's features and their activations, in the shape of SAELens' synthetic data.

`FeatureDictionary` and `ActivationGenerator` have what SAELens' classes of these names have, as
far as its training and its evaluation on synthetic data use it; SAELens is not imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from rasplab.lab.circuits.data import read_inputs
from rasplab.lab.recovery.site_features import features_at, read_seed, rows_at, site_of, weights_of
from rasplab.weights.architecture import Site
from rasplab.weights.artefact import ModelWeights

if TYPE_CHECKING:
    from rasplab.model import Model


class FeatureDictionary(nn.Module):
    """The named directions at a site: activations (n × features) to streams (n × d_model).

    `feature_vectors` (features × d_model) are the features, named by `names`; `bias` (d_model) is
    zero: whatever an autoencoder puts there is a matter of the gauge.

    Raises:
        InputError: E451 where the model has no such site.

    >>> import rasplab
    >>> model = rasplab.compile(rasplab.rasp.tokens, vocab="ab", max_length=2)
    >>> dictionary, generator = FeatureDictionary(model), ActivationGenerator(model)
    >>> dictionary(generator.sample(5)).shape == (5, model.config.d_model)
    True
    """

    feature_vectors: nn.Parameter
    bias: nn.Parameter

    def __init__(
        self,
        model: Model | ModelWeights,
        site: Site | str | None = None,
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        features = features_at(model, site)
        vectors = torch.as_tensor(features.vectors, dtype=dtype)
        self.names = features.names
        self.num_features, self.hidden_dim = vectors.shape
        self.feature_vectors = nn.Parameter(vectors, requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(self.hidden_dim, dtype=dtype), requires_grad=False)

    def forward(self, feature_activations: Tensor) -> Tensor:
        """The streams of activations; these may be sparse."""
        return feature_activations @ self.feature_vectors + self.bias


class ActivationGenerator(nn.Module):
    """What stands on the features at token positions that are drawn from a model's runs.

    With a `FeatureDictionary` of the same site it gives rows of the residual stream, without those
    at BOS. `firing_probabilities` (features) are the shares of positions at which a feature is not
    zero, `activations` (positions × features) all that can be drawn.

    Args:
        model: a model, or its weights.
        site: of the residual stream, by default the last.
        data: the inputs, by default those of `model.circuit`.
        seed: of what is drawn.
        dtype: of the activations.

    Raises:
        InputError: E451 where the model has no such site; E475 for what is no model, or no seed;
            E441, and E401 to E405, for the data.
    """

    activations: Tensor
    firing_probabilities: Tensor

    def __init__(
        self,
        model: Model | ModelWeights,
        site: Site | str | None = None,
        *,
        data: object = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        weights, seed = weights_of(model), read_seed(seed)
        at = site_of(weights, site)
        rows = rows_at(weights, at, read_inputs(weights.config, data, seed))
        places = [place for place in weights.circuit.living(at) if not place.marks_bos]
        columns = [i for place in places for i in range(place.start, place.stop)]
        found = np.asarray(weights.frame(at).named(rows)[:, columns], np.float64)
        self.num_features = len(columns)
        self.register_buffer("activations", torch.as_tensor(found, dtype=dtype))
        self.register_buffer("firing_probabilities", (self.activations != 0).double().mean(0))
        self._draw = torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def sample(self, batch_size: int) -> Tensor:
        """Activations (batch_size × features) of positions drawn with replacement."""
        drawn = torch.randint(len(self.activations), (batch_size,), generator=self._draw)
        return self.activations[drawn.to(self.activations.device)]

    def forward(self, batch_size: int) -> Tensor:
        """The same as `sample`."""
        return self.sample(batch_size)
