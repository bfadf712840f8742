"""The trained function is the network: as compiled, folded, and in the paper's layout."""

import dataclasses

import numpy as np
import pytest
import torch

import rasplab
from rasplab.lab.compression import Member, domain
from rasplab.lab.compression.fold import fold
from rasplab.lab.compression.maps import Parameters, Sharing
from rasplab.lab.compression.objective import Objective, objective
from rasplab.weights import forward
from tests.lab.compression.models import compiled, paper

NAMES = ("frac_prevs", "sort_unique", "hist", "pair_balance")
SHARINGS: tuple[Sharing, ...] = ("shared", "separate", "per-layer")


def members(
    made: Objective, sharing: Sharing, *, weights: bool = False
) -> tuple[Parameters, torch.Tensor]:
    full = made.network.embedding.shape[1]
    parameters = Parameters(made.network, sharing, full - 1, weights)
    theta = parameters.start([Member(full - 1, 0), Member(full - 3, 1)], "normal")
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(theta.shape, generator=generator, dtype=theta.dtype) * 0.05
    return parameters, theta + noise * (theta != 0)


@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_the_identity_is_the_compiled_model(name: str, optimize: int) -> None:
    weights = compiled(name, optimize=optimize).weights
    inputs = domain(weights.config)
    made = objective(weights, inputs, dtype=torch.float64)
    double = {name: array.astype(np.float64) for name, array in weights.arrays.items()}
    expected = forward(dataclasses.replace(weights, arrays=double), inputs.ids)
    got = made.outputs.permute(2, 1, 0).numpy()
    assert np.abs(got - expected)[inputs.present].max() < 1e-9


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("sharing", SHARINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_folded_member_is_the_function_that_was_trained(
    name: str, sharing: Sharing, weights: bool
) -> None:
    model = compiled(name)
    inputs = domain(model.config)
    made = objective(model.weights, inputs, dtype=torch.float64)
    parameters, theta = members(made, sharing, weights=weights)
    maps, trained = parameters.split(theta)
    _, out = trained.run(parameters.through(maps), made.batch)
    double = dataclasses.replace(
        model.weights, config=dataclasses.replace(model.config, dtype="float64")
    )
    full = model.config.d_model
    for row, member in enumerate([Member(full - 1, 0), Member(full - 3, 1)]):
        folded = fold(double, parameters, theta[row], member, within=0.1)
        assert folded.config.d_model == member.width
        got = forward(folded, inputs.ids)
        expected = out[row].permute(2, 1, 0).numpy()
        scale = 1 + np.abs(expected).max()
        assert np.abs(got - expected)[inputs.present].max() / scale < 1e-9


@pytest.mark.parametrize("sharing", SHARINGS)
def test_gradients_are_those_of_finite_differences(sharing: Sharing) -> None:
    weights = paper("sort_unique").weights
    made = objective(weights, domain(weights.config, distinct=True, most=12), dtype=torch.float64)
    parameters, theta = members(made, sharing, weights=True)
    along = torch.randn(theta.shape, generator=torch.Generator().manual_seed(2)).double()
    step = 1e-7
    ahead, behind = (made.losses(parameters, theta + s * along).total for s in (step, -step))
    _, gradient = made.graded(parameters, theta)
    expected = (ahead - behind) / (2 * step)
    assert torch.allclose((gradient * along).sum(dim=1), expected, rtol=1e-4)


def test_members_do_not_depend_on_each_other() -> None:
    weights = compiled("pair_balance").weights
    made = objective(weights, domain(weights.config))
    parameters, theta = members(made, "shared")
    spoilt = theta.clone()
    spoilt[1] = torch.nan
    losses, gradient = made.graded(parameters, spoilt)
    alone, own = made.graded(parameters, theta[:1])
    assert torch.equal(losses.total[:1], alone.total)
    assert torch.equal(gradient[:1], own)


def test_rows_of_zeros_stay_zeros() -> None:
    weights = compiled("frac_prevs").weights
    made = objective(weights, domain(weights.config))
    parameters = Parameters(made.network, "shared", weights.config.d_model)
    theta = parameters.start([Member(3, 0)], "orthogonal")
    _, gradient = made.graded(parameters, theta)
    assert not gradient.unflatten(1, parameters.maps)[0, 0, 3:].any()


def test_a_batch_of_more_draws_than_inputs_is_all_inputs_counted() -> None:
    weights = compiled("frac_prevs").weights
    made = objective(weights, domain(weights.config), dtype=torch.float64)
    parameters, theta = members(made, "shared")
    n = made.batch.rows.shape[1]
    which = torch.arange(n).repeat(2)[: n + 5]
    counted = made.drawn(which).losses(parameters, theta).total
    assert not torch.equal(counted, made.losses(parameters, theta).total)
    twice = made.drawn(torch.arange(n).repeat(2)).losses(parameters, theta).total
    assert torch.allclose(twice, made.losses(parameters, theta).total)
    few = made.drawn(torch.tensor([2, 0, 5])).losses(parameters, theta).total
    ones = [made.drawn(torch.tensor([i])).losses(parameters, theta) for i in (2, 0, 5)]
    lengths = torch.tensor([made.present[:, i].sum() for i in (2, 0, 5)])
    layers = torch.stack([one.layers for one in ones], dim=1) @ (lengths / lengths.sum()).double()
    scored = lengths - 1
    output = torch.stack([one.output for one in ones], dim=1) @ (scored / scored.sum()).double()
    assert torch.allclose(few, layers + output)


def test_random_starts_have_losses_of_the_order_that_scales_of_one_give() -> None:
    weights = paper("frac_prevs").weights
    made = objective(weights, domain(weights.config, lengths="longest"))
    parameters = Parameters(made.network, "shared", 14)
    theta = parameters.start([Member(8, seed) for seed in range(4)], "orthogonal")
    assert 0.1 < made.losses(parameters, theta).total.median() < 0.6
    wide = made.losses(parameters, theta * 14**0.5).total  # entries of N(0, 1)
    assert wide.median() > 10


def test_domains_are_complete_or_drawn_evenly() -> None:
    config = rasplab.compile(rasplab.rasp.tokens, vocab="abcd", max_length=6).config
    assert len(domain(config)) == 4096
    assert domain(config, most=6000).complete
    assert len(domain(config, most=6000)) == sum(4**n for n in range(1, 7))
    drawn = domain(config, most=300)
    assert not drawn.complete
    assert len(drawn) == len(set(drawn.sequences)) == 300
    assert {len(s) for s in drawn.sequences} == set(range(1, 7))
    assert {len(s) for s in domain(config, lengths="longest", most=50).sequences} == {6}
    assert len(domain(config, distinct=True)) == 4 + 12 + 24 + 24
