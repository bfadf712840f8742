"""Models behind real norms and with smooth units are the program, and nothing of it is taken on
trust."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import rasplab
from rasplab import programs
from rasplab.checker import prove
from rasplab.diagnostics import CompileError, InputError, ModelFileError
from rasplab.lab.realism import disguise
from rasplab.weights import EMBED, Basis, ModelWeights, encode, forward
from rasplab.weights.dressing import dressed, undressed
from tests.lab.realism.deviations import largest_part
from tests.lab.test_circuits import brute_force, every, parts

AS_IT_STANDS: dict[str, Any] = {"rotate": False, "permute": False, "mix_heads": False}
LAYER: dict[str, Any] = {**AS_IT_STANDS, "norm": "layer"}
LOOKS: dict[str, dict[str, Any]] = {
    "layer norm": LAYER,
    "rms norm": {**AS_IT_STANDS, "norm": "rms"},
    "gelu": {**AS_IT_STANDS, "activation": "gelu"},
    "silu": {**AS_IT_STANDS, "activation": "silu"},
    "layer norm, silu, all dials": {"norm": "layer", "activation": "silu"},
    "layer norm that shows": {**LAYER, "norm_share": 0.5},
    "rms norm that shows, all dials": {"norm": "rms", "norm_share": 0.7},
    "rms norm, gelu, noise": {"norm": "rms", "activation": "gelu", "noise_share": 0.5},
}


def compiled(name: str, size: int = 3, **options: Any) -> rasplab.Model:
    program, vocabulary = programs.get(name).at(size, size)
    return rasplab.compile(program, vocab=vocabulary, max_length=size, **options)


@pytest.fixture(scope="module")
def hist() -> rasplab.Model:
    return compiled("hist", 3)


@pytest.fixture(scope="module")
def normed(hist: rasplab.Model) -> rasplab.Model:
    return disguise(hist, norm="layer", activation="gelu")


def activations(model: rasplab.Model, sequence: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    forward(model.weights, encode(model.config, [sequence]), seen.__setitem__)
    return seen


# -- it is the program


def some(known: Any, *quick: Any) -> list[Any]:
    """All of them, those that are no quick ones as slow tests."""
    return [pytest.param(x, marks=() if x in quick else pytest.mark.slow) for x in known]


QUICK = ("layer norm", "layer norm, silu, all dials", "rms norm that shows, all dials")


@pytest.mark.parametrize("look", some(LOOKS, *QUICK))
@pytest.mark.parametrize("name", some(["hist", "reverse"], "reverse"))
def test_a_dressed_model_is_the_program(name: str, look: str, tmp_path: Path) -> None:
    model = compiled(name)
    found = disguise(model, **LOOKS[look])
    assert found.certificate.exact
    assert found.verify(samples=40).passed
    assert largest_part(model, found, 20) <= 1
    sequences = [list(model.config.vocabulary)[:2], list(model.config.vocabulary)]
    expected = [model(s) for s in sequences]
    assert found.torch().batch(sequences) == expected
    loaded = rasplab.load(found.save(tmp_path / "model"))
    assert loaded.config == found.config
    assert [loaded(s) for s in sequences] == expected
    assert prove(loaded.weights).holds
    for name, array in found.weights.arrays.items():
        assert np.array_equal(loaded.weights.arrays[name], array)


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", [entry.name for entry in programs.all()])
def test_the_library_is_the_same_behind_norms(name: str, look: str) -> None:
    entry, dials = programs.get(name), LOOKS[look]
    model = compiled(name, 5, causal=entry.causal)
    try:
        found = disguise(model, **dials)
    except CompileError:  # float32 is too coarse for it
        wide: dict[str, Any] = dials | {"dtype": "float64"}
        found = disguise(model, **wide)
    assert found.certificate.exact
    assert found.verify(samples=2000).passed
    assert largest_part(model, found, 200) <= 1


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_with_a_share_the_stream_shows_in_the_divisor(hist: rasplab.Model, norm: Any) -> None:
    hidden, shown = (disguise(hist, norm=norm, norm_share=share) for share in (None, 0.9))
    assert shown.certificate.smallest_margin >= 0.1 * hidden.certificate.smallest_margin
    assert shown.verify().passed
    assert any(dial.startswith(f"{norm} norm beside") for dial in _dials(shown))
    assert any(dial == f"{norm} norm" for dial in _dials(hidden))
    for model, least, most in ((hidden, 0.0, 1e-6), (shown, 1e-6, 1.0)):
        divisors: list[float] = []
        for sequence in every(hist):
            divisors += activations(model, sequence)["ln_final.hook_scale"].ravel().tolist()
        assert least <= max(divisors) / min(divisors) - 1 <= most


def _dials(model: rasplab.Model) -> tuple[str, ...]:
    done = model.manifest.disguise
    assert done is not None
    return done.dials


@pytest.mark.parametrize("options", [{}, {"norm": "rms", "norm_share": 1.0}, {"norm": "none"}])
def test_a_share_of_a_norm_that_makes_no_sense_is_refused(
    hist: rasplab.Model, options: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="E463"):
        disguise(hist, **{"norm_share": 0.5, **options})


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_norms_are_those_that_everyone_has(hist: rasplab.Model, norm: Any) -> None:
    model = disguise(hist, norm=norm)
    config, seen = model.config, activations(model, list(hist.config.vocabulary))
    assert config.norm_epsilon == 1e-5
    stream = torch.tensor(seen["blocks.0.hook_resid_pre"], dtype=torch.float64)
    gain = torch.tensor(model.weights.arrays["blocks.0.ln1.w"], dtype=torch.float64)
    known = (
        functional.layer_norm(stream, (config.d_model,), gain, None, 1e-5)
        if norm == "layer"
        else functional.rms_norm(stream, (config.d_model,), gain, 1e-5)
    ).numpy()
    got = seen["blocks.0.ln1.hook_normalized"].astype(np.float64)
    # per number: the mean's rounding of the anchors, that of the scale, and that of the quotient
    rounded = 16 * config.d_model * 2.0**-24
    assert np.abs(got - known).max() <= rounded * np.abs(known).max()
    assert seen["blocks.0.ln1.hook_scale"].min() > 1e3  # it divides, and by much


@pytest.mark.slow
@pytest.mark.parametrize(("norm", "activation"), [("layer", "gelu"), ("rms", "silu")])
def test_other_runtimes_compute_the_same(
    hist: rasplab.Model, norm: Any, activation: Any, tmp_path: Path
) -> None:
    jax = pytest.importorskip("jax")
    onnxruntime = pytest.importorskip("onnxruntime")
    model = disguise(hist, norm=norm, activation=activation)
    ids = encode(model.config, [list(hist.config.vocabulary), list(hist.config.vocabulary)[:1]])
    apply, params = model.to_jax()
    _, seen = jax.jit(apply, static_argnames="activations")(params, ids, activations=True)
    kept: dict[str, Any] = {}
    out = forward(model.weights, ids, kept.__setitem__)
    assert seen.keys() == kept.keys()
    assert model.decode(np.asarray(apply(params, ids)), ids) == model.decode(out, ids)
    pytest.importorskip("transformer_lens")
    bridge = model.to_transformer_lens()
    assert bridge.cfg.normalization_type == {"layer": "LN", "rms": "RMS"}[norm]
    assert model.decode(bridge(torch.as_tensor(ids)).detach(), ids) == model.decode(out, ids)
    plain = disguise(hist, norm=norm)
    session = onnxruntime.InferenceSession(str(plain.to_onnx(tmp_path / "x.onnx")))
    (logits,) = session.run(None, {"ids": ids.astype(np.int64)})
    assert plain.decode(logits, ids) == model.decode(out, ids)


# -- what was changed is refused


def changed(weights: ModelWeights, name: str, place: Any, by: float) -> ModelWeights:
    array = weights.arrays[name].copy()
    array[place] = array[place] * 1.001 + by
    return replace(weights, arrays=weights.arrays | {name: array})


CHANGES: dict[str, Any] = {
    "an anchor": lambda w: changed(w, "pos_embed.W_pos", (1, -1), 0.0),
    "no anchors": lambda w: changed(w, "pos_embed.W_pos", (..., slice(-2, None)), -1e9),
    "a gain": lambda w: changed(w, "blocks.0.ln1.w", 0, 0.0),
    "the last gain": lambda w: changed(w, "ln_final.w", 3, 0.0),
    "a token writes an anchor": lambda w: changed(w, "embed.W_E", (2, -1), 1.0),
    "a head writes the lane that is 0": lambda w: changed(w, "blocks.0.attn.W_O", (0, 0, -4), 0.5),
    "units do not balance": lambda w: changed(w, "blocks.0.mlp.W_out", (0, -3), 0.5),
    "queries read the mean": lambda w: changed(w, "blocks.0.attn.W_Q", (0, -4, 0), 0.5),
    "the output reads an anchor": lambda w: changed(w, "unembed.W_U", (-1, 0), 0.5),
    "a unit reads more": lambda w: changed(w, "blocks.0.mlp.W_in", (0, 0), 2.0**24),
    "another epsilon": lambda w: replace(w, config=replace(w.config, norm_epsilon=1e9)),
    "another norm": lambda w: replace(w, config=replace(w.config, norm="rms")),
    "no smooth units": lambda w: replace(w, config=replace(w.config, activation="relu")),
    "directions are read off an anchor": lambda w: replace(w, bases=read_off_lanes(w)),
}


def read_off_lanes(weights: ModelWeights) -> dict[Any, Basis]:
    basis = weights.bases[EMBED]
    read = basis.read.copy()
    read[-1] = 1.0
    return {EMBED: Basis(basis.write, read)}


@pytest.mark.everyday(9)
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_not_proved(normed: rasplab.Model, change: str) -> None:
    assert prove(normed.weights).holds
    assert not prove(CHANGES[change](normed.weights)).holds


def test_a_smaller_anchor_costs_margin_until_nothing_is_proved(hist: rasplab.Model) -> None:
    """The stream shows beside a small anchor; all else is as the construction says."""
    bare, anchor = undressed(disguise(hist, norm="layer").weights)
    small = dressed(replace(bare, nominal=bare.nominal), "layer", anchor=anchor / 2**14)
    assert not prove(small).holds


def test_norms_are_not_proved_where_their_rounding_is_unknown(normed: rasplab.Model) -> None:
    for dtype in ("float64", "bfloat16", "float16"):
        assert not prove(normed.weights, dtype).holds


# -- what cannot be had is refused


@pytest.mark.parametrize(
    ("code", "dials"),
    [
        ("E463", {"norm": "batch"}),
        ("E463", {"norm": None}),
        ("E463", {"activation": "reglu"}),
        ("E485", {"norm": "rms", "dtype": "bfloat16"}),
        ("E485", {"activation": "silu", "dtype": "float16"}),
    ],
)
def test_dials_that_make_no_sense_are_refused(
    hist: rasplab.Model, code: str, dials: dict[str, Any]
) -> None:
    with pytest.raises(InputError) as refused:
        disguise(hist, **dials)
    assert refused.value.code == code


def test_who_has_no_such_norms_says_so(normed: rasplab.Model, tmp_path: Path) -> None:
    for home in ("gpt2", "gpt2-layernorm"):
        with pytest.raises(InputError) as refused:
            normed.save_pretrained(tmp_path / home, architecture=home)
        assert refused.value.code == "E486"
    with pytest.raises(InputError) as refused:
        normed.to_onnx(tmp_path / "x.onnx")
    assert refused.value.code == "E487"


def test_a_file_whose_norms_have_no_lanes_is_refused(normed: rasplab.Model, tmp_path: Path) -> None:
    lost = replace(normed.weights, config=replace(normed.config, norm_epsilon=0.0))
    with pytest.raises(ModelFileError):
        rasplab.load(replace(normed, weights=lost).save(tmp_path / "model"))


# -- its circuit

CIRCUITS = ("layer norm", "rms norm", "gelu", "layer norm that shows")


@pytest.mark.parametrize("ablation", some(["zero", "mean", "resample"], "zero"))
@pytest.mark.parametrize("look", some([*CIRCUITS], "layer norm"))
def test_its_circuit_is_what_every_single_ablation_shows(look: str, ablation: str) -> None:
    model = disguise(compiled("hist", 2), **LOOKS[look])
    truth = model.circuit(level="qkv", ablation=ablation)
    assert truth.exhaustive
    assert parts(truth) == brute_force(model, "qkv", ablation, every(model))


def test_positions_hold_up_the_norms_of_all_that_is_compared(hist: rasplab.Model) -> None:
    """Without the anchors that come with positions a reader reads thousands of times as much."""
    plain, behind = (
        {(e.sender, e.receiver) for e in m.circuit(ablation="zero").edges}
        for m in (hist, disguise(hist, **LAYER))
    )
    assert behind - plain == {("pos_embed", "a0.h0"), ("pos_embed", "m0")}
    resampled, again = (
        {(e.sender, e.receiver) for e in m.circuit(ablation="resample").edges}
        for m in (hist, disguise(hist, **LAYER))
    )
    assert resampled == again


@pytest.mark.parametrize("look", some(LOOKS, "layer norm, silu, all dials"))
def test_tools_see_the_network_with_its_norms(look: str) -> None:
    """The networks of discovery compute what the forward pass does; what is set by name holds."""
    from rasplab.lab.discovery.network import network_of

    model = compiled("reverse")
    found = disguise(model, **LOOKS[look])
    network = network_of(found.weights, "qkv")
    ids = encode(found.config, [list(model.config.vocabulary)])
    stream = network.embedded(torch.as_tensor(ids)).sum(0)
    wide = network.resumed(EMBED, stream).numpy()
    error = found.certificate.output_error  # of the stored format, which is coarser
    assert np.abs(wide - forward(found.weights, ids)).max() <= 2 * error
    for length in (1, 2):
        sequence = list(model.config.vocabulary)
        edits = {"length": length}
        assert found.run(sequence, do=edits) == model.run(sequence, do=edits)
    assert model.run(sequence, do={"length": 1}) != model(sequence)
