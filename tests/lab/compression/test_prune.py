"""Pruning: what keeps a map's products, which maps go on, and what members take from them."""

from dataclasses import replace

import pytest
import torch

from rasplab.lab.compression import FastRecipe, Member, compress, domain, prune
from rasplab.lab.compression.gauss_newton import GaussNewton
from rasplab.lab.compression.maps import Parameters
from rasplab.lab.compression.objective import objective
from rasplab.lab.compression.prune import Pruning, upright
from tests.lab.compression.models import compiled, paper


@pytest.mark.parametrize("width", [1, 4, 7])
def test_an_upright_map_has_the_same_products_and_as_few_numbers_as_these_need(width: int) -> None:
    generator = torch.Generator().manual_seed(width)
    maps = torch.zeros(7, 7, dtype=torch.float64)
    maps[:width] = torch.randn(width, 7, generator=generator, dtype=torch.float64)
    maps[:, 2] = 0
    found, free = upright(maps, width)
    assert torch.allclose(found.T @ found, maps.T @ maps)
    assert len(free) == width * 7 - width * (width - 1) // 2
    rest = torch.ones(49, dtype=torch.bool)
    rest[free] = False
    assert not found.flatten()[rest].any()


@pytest.mark.slow
def test_the_best_maps_go_on_and_differ() -> None:
    model = compiled("frac_prevs")
    made = objective(model.weights, domain(model.config))
    full = model.config.d_model
    parameters = Parameters(made.network, "shared", full)
    pruning = Pruning(made, parameters, full - 3, 3, 3)
    while not pruning.done:
        pruning.advance()
        assert not pruning.maps[:, pruning.width :].any()
    assert pruning.width == full - 3
    grams = pruning.maps.mT @ pruning.maps
    assert len(grams) == 3
    assert all((grams[i] - grams[j]).norm() > 1e-3 for i, j in ((0, 1), (0, 2), (1, 2)))
    losses = pruning.few.evaluated(pruning.plain, pruning.maps.flatten(1)).total
    assert losses.tolist() == sorted(losses.tolist())


@pytest.mark.slow  # as long as all other tests of pruning
def test_maps_too_large_for_gauss_newton_steps_are_pruned_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which steps adjust a map is a matter of its size; here, none is small."""
    model = compiled("frac_prevs")
    monkeypatch.setattr(prune, "SMALL", 0)
    recipe = FastRecipe(steps=1, batch=8, beam=1, finish=0)
    found = compress(model, [9], 1, recipe=recipe).measures
    assert all(m.pruned and m.loss < 1e-5 for m in found)


@pytest.mark.slow
def test_what_is_found_for_a_width_serves_every_greater_one() -> None:
    recipe = FastRecipe(steps=1, batch=8, beam=2, adjust=5, finish=0)
    found = compress(compiled("frac_prevs"), [4, 5, 6, 7], 2, recipe=recipe).measures
    for seed in range(2):
        losses = [m.loss for m in found if m.member.seed == seed]
        assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("name", ["frac_prevs", "sort_unique"])
def test_gauss_newton_steps_see_the_gradient(name: str) -> None:
    model = paper(name)
    made = objective(model.weights, domain(model.config)).small(20)
    parameters = Parameters(made.network, "shared", model.config.d_model)
    theta = parameters.start([Member(9, 0)], "normal").double() / 2
    generator = torch.Generator().manual_seed(0)
    free = torch.randperm(9 * model.config.d_model, generator=generator)[:100]
    gradient, curvature = GaussNewton(made, parameters, 0.0).model(theta[0], free)
    _, expected = made.graded(parameters, theta)
    assert torch.allclose(gradient, expected[0, free], rtol=1e-4, atol=1e-4)
    assert torch.linalg.eigvalsh(curvature).min() > -1e-6 * curvature.diagonal().max()


@pytest.mark.slow
def test_a_program_whose_counts_are_read_much_enlarged_is_compressed() -> None:
    """What gradient descent alone does not: losses start at 1e10."""
    model = compiled("sort", vocab=2, length=3)
    width = model.config.d_model - 2
    recipe = FastRecipe(steps=1, batch=8, beam=1, finish=20)
    found = compress(model, [width], 1, recipe=recipe)
    assert found.measures[0].loss < 0.1
    assert found.measures[0].accuracy == 1.0
    without = compress(model, [width], 1, recipe=replace(recipe, beam=0))
    assert without.measures[0].loss > 1e6
