"""A variable is read and set through the frame of a site, however the stream holds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import rasplab
from rasplab.diagnostics import InputError, InternalError
from rasplab.export.checkpoint import Layout, from_pretrained, save_pretrained
from rasplab.lab.interventions import hooks as hooks_of
from rasplab.view.explorer.document import document_of
from rasplab.weights import EMBED, Basis, ModelWeights, Site, files, forward
from rasplab.weights.rebase import rebased
from rasplab.weights.streams import streams
from tests.weights.library import compiled, inputs


def in_basis(weights: ModelWeights, basis: Basis) -> ModelWeights:
    """The same model around a stream that holds the directions otherwise."""
    config = replace(weights.config, d_model=len(basis.read), dtype="float64")
    arrays = rebased(
        config.architecture, weights.arrays, lambda _: basis.write, lambda _: basis.read
    )
    made = replace(
        weights,
        config=config,
        arrays={name: array.astype(np.float64) for name, array in arrays.items()},
        circuit=replace(
            weights.circuit, certificate=replace(weights.circuit.certificate, precision="float64")
        ),
        bases={EMBED: basis},
        specification=None,
    )
    made.verify()
    return made


def rotated(weights: ModelWeights) -> ModelWeights:
    """Every direction is spread over all columns."""
    d = weights.config.d_model
    turned = np.linalg.qr(np.random.default_rng(0).normal(size=(d, d)))[0]
    return in_basis(weights, Basis(turned, turned.T))


def doubled(weights: ModelWeights) -> ModelWeights:
    """Every direction is written to two columns, of which readers take the mean."""
    same = np.eye(weights.config.d_model)
    twice = np.concatenate([same, same], axis=1)
    return in_basis(weights, Basis(twice, twice.T / 2))


@pytest.mark.parametrize("change", [rotated, doubled])
@pytest.mark.parametrize("name", ["sort", "hist", "shuffle_dyck2"])
def test_variables_are_read_and_set_in_any_basis(name: str, change: object) -> None:
    model = compiled(name)
    other = rasplab.Model(change(model.weights), model.program)  # pyright: ignore[reportCallIssue]
    for sequence in inputs(model, 4):
        here, there = model.trace(sequence), other.trace(sequence)
        assert there.output == here.output
        for variable in here.variables:
            assert list(there.variable(variable)) == pytest.approx(list(here.variable(variable)))
        for site, stream in here.residual.items():
            assert np.allclose(there.residual[site].array, stream.array, atol=1e-4)
    if name == "sort":
        do = {"rank": {0: 2, 1: 0}}
        sequence = [3, 1, 2]
        assert other.run(sequence, do) == model.run(sequence, do)
        module = other.torch()
        hooks = hooks_of(other, sequence, do)
        out = module.run_with_hooks(module.encode([sequence]), hooks).detach().numpy()
        assert other.decode(out, other.encode([sequence])) == [model.run(sequence, do)]


def test_a_rotated_model_is_checked_against_the_program_as_any_other() -> None:
    model = compiled("sort")
    other = rasplab.Model(rotated(model.weights), model.program)
    wrong = replace(other.weights, arrays={**other.weights.arrays})
    wrong.arrays["unembed.b_U"] = np.arange(float(wrong.config.d_out)) * 9
    with pytest.raises((rasplab.InputError, InternalError)):
        rasplab.Model(wrong, model.program).run([3, 1, 2], {"rank": {0: 2, 1: 0}})


def test_a_basis_is_that_of_its_site_up_to_the_next() -> None:
    weights = rotated(compiled("sort").weights)
    later = Basis(weights.bases[EMBED].write * 2, weights.bases[EMBED].read / 2)
    both = replace(weights, bases={EMBED: weights.bases[EMBED], Site(1, "attn"): later})
    both.verify()
    assert both.frame(Site(0, "mlp")).basis is weights.bases[EMBED]
    assert both.frame(Site(1, "attn")).basis is later
    assert both.frame(both.config.architecture.last).basis is later


def test_several_bases_are_saved_and_loaded(tmp_path: Path) -> None:
    weights = rotated(compiled("sort").weights)
    own = weights.bases[EMBED]
    both = replace(weights, bases={EMBED: own, Site(1, "attn"): Basis(own.write * 2, own.read / 2)})
    loaded = files.load(files.save(both, tmp_path / "model"))
    assert list(loaded.bases) == list(both.bases)
    for site, basis in both.bases.items():
        assert np.array_equal(loaded.bases[site].write, basis.write)
        assert np.array_equal(loaded.bases[site].read, basis.read)
    assert files.contents(loaded) == files.contents(both)


def test_a_checkpoint_carries_every_basis(tmp_path: Path) -> None:
    weights = rotated(compiled("sort").weights)
    own = weights.bases[EMBED]
    both = replace(weights, bases={EMBED: own, Site(1, "attn"): Basis(own.write * 2, own.read / 2)})
    layout = Layout("gpt2", "relu", "float64")
    for made in (weights, both):
        loaded = from_pretrained(save_pretrained(made, tmp_path / f"{len(made.bases)}", layout))
        assert list(loaded.bases) == list(made.bases)
        for site, basis in made.bases.items():
            assert np.array_equal(loaded.bases[site].write, basis.write)
            assert np.array_equal(loaded.bases[site].read, basis.read)


def test_the_page_refuses_a_stream_that_changes_its_basis() -> None:
    weights = rotated(compiled("sort").weights)
    own = weights.bases[EMBED]
    both = replace(weights, bases={EMBED: own, Site(1, "attn"): Basis(own.write * 2, own.read / 2)})
    assert "basis.read" in document_of(rasplab.Model(weights)).arrays
    with pytest.raises(InputError, match="in one basis") as refused:
        document_of(rasplab.Model(both))
    assert refused.value.code == "E601"


def reused() -> tuple[rasplab.Model, ModelWeights]:
    """`sort` after whose first ranks the columns of the positions are used no more."""
    model = compiled("sort")
    weights, last = model.weights, model.config.architecture.last
    places = tuple(
        replace(place, dies=last) if place.name == "indices" else place
        for place in weights.circuit.variables
    )
    return model, replace(weights, circuit=replace(weights.circuit, variables=places))


def test_a_variable_dies_where_it_is_said_to(tmp_path: Path) -> None:
    model, weights = reused()
    sites = model.config.architecture.sites
    run = streams(weights, model.encode([[3, 1, 2]]))
    place = next(v for v in weights.circuit.variables if v.name == "indices")
    assert place not in weights.circuit.living(sites[-1])
    for site in sites[:-1]:
        assert place in weights.circuit.living(site)
        assert run.variable(place, site).shape == (1, 4, place.stop - place.start)
    with pytest.raises(InternalError, match="indices does not live at"):
        run.variable(place, sites[-1])
    assert len(rasplab.Model(weights).names("torch")["indices"].points) == len(sites) - 1
    loaded = files.load(files.save(weights, tmp_path / "model"))
    assert loaded.circuit == weights.circuit


def test_what_is_written_along_a_variable_is_read_back() -> None:
    for weights in (compiled("sort").weights, rotated(compiled("sort").weights)):
        for place in weights.circuit.variables:
            frame = weights.frame(place.written)
            rows = np.random.default_rng(1).normal(size=(3, place.stop - place.start))
            assert np.allclose(frame.read(frame.written(rows, place), place), rows)
            stream = np.random.default_rng(2).normal(size=(3, weights.config.d_model))
            changed = stream.copy()
            frame.put(changed, stream, place, rows[0], np.asarray)
            assert np.allclose(frame.read(changed, place), rows[0])
            tensor, as_tensor = torch.tensor(stream), lambda array: torch.tensor(array)
            after = tensor.clone()
            frame.put(after, tensor, place, rows[0], as_tensor)
            assert np.allclose(after.numpy(), changed)


def test_bases_that_do_not_fit_are_refused() -> None:
    weights = rotated(compiled("sort").weights)
    own = weights.bases[EMBED]
    for bases in (
        {Site(0, "attn"): own},
        {EMBED: own, Site(99, "mlp"): own},
        {EMBED: Basis(own.write[1:], own.read)},
    ):
        with pytest.raises(InternalError, match="basis"):
            replace(weights, bases=bases).verify()


def test_the_stream_of_a_model_in_another_basis_is_its_own() -> None:
    model = compiled("hist")
    other = rotated(model.weights)
    ids = model.encode(inputs(model, 3))
    assert np.allclose(forward(other, ids), forward(model.weights, ids), atol=1e-4)
    run = streams(other, ids)
    for site, stream in run.at.items():
        assert stream.shape[-1] == other.config.d_model
        assert np.allclose(run.named(site), streams(model.weights, ids).at[site], atol=1e-4)
