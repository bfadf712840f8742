"""Spaces of directions, the maps between them, and blocks: what a notebook makes by hand."""

import numpy as np
import pytest

from rasplab.compat.tracr.compiler.assemble import assemble_craft_model
from rasplab.compat.tracr.craft import bases, transformers, vectorspace_fns
from rasplab.compat.tracr.craft.bases import BasisDirection, VectorInBasis, VectorSpaceWithBasis
from rasplab.compat.tracr.transformer.encoder import CategoricalEncoder
from tests.compat.tracr.haiku import final_residual

X = VectorSpaceWithBasis.from_names(["x1", "x2"])
Y = VectorSpaceWithBasis.from_names(["y1", "y2", "y3"])
BOTH = bases.direct_sum(X, Y)
DRAW = np.random.default_rng(7)


def vectors(space: VectorSpaceWithBasis, count: int) -> VectorInBasis:
    return space.make_vector(DRAW.normal(size=(count, space.num_dims)))


def test_vectors_are_sorted_and_add_within_one_basis() -> None:
    a, b = BasisDirection("a"), BasisDirection("b")
    v = VectorInBasis([b, a], np.array([1.0, 2.0]))
    assert v.basis_directions == [a, b]
    assert (v + v - v / 2 * 3).magnitudes.tolist() == [1.0, 0.5]
    assert (-v) == v * -1 == -1 * v
    assert VectorInBasis.sum([v, v]) == 2 * v
    assert VectorInBasis.stack([v, v]).magnitudes.shape == (2, 2)
    assert v != X.null_vector()
    with pytest.raises(TypeError, match="not the same"):
        _ = v + X.null_vector()
    with pytest.raises(ValueError, match="2 directions, and 3 numbers"):
        VectorInBasis([a, b], np.zeros(3))


def test_projections_keep_what_both_have() -> None:
    v = X.make_vector(np.array([[1.0, 2.0]]))
    assert v.project(BOTH).magnitudes.tolist() == [[1, 2, 0, 0, 0]]
    assert v.project(BOTH).project(X) == v
    assert v.project([BasisDirection("x2")]).magnitudes.tolist() == [[2]]
    assert vectorspace_fns.project(X, BOTH)(v) == v.project(BOTH)
    assert BOTH.null_vector().add_directions(X.basis_vectors()[1]).magnitudes.tolist() == [
        0, 1, 0, 0, 0,
    ]  # fmt: skip


def test_spaces_know_their_vectors() -> None:
    assert X.vector_from_basis_direction(BasisDirection("x2")) == X.basis_vectors()[1]
    assert X.null_vector() in X
    assert X.null_vector() not in Y
    assert BasisDirection("x1") in X
    bases.ensure_dims(X, 2)
    with pytest.raises(ValueError, match="hidden must have 3 dimensions, and has 2"):
        bases.ensure_dims(X, 3, "hidden")


def test_maps_are_their_actions() -> None:
    first = Y.basis_vectors()[0]
    to_first = vectorspace_fns.Linear.from_action(X, Y, lambda direction: first * 2)
    assert to_first(X.make_vector(np.array([1.0, 3.0]))) == first * 8
    other = vectorspace_fns.Linear(Y, X, np.ones((3, 2)))
    side_by_side = vectorspace_fns.Linear.combine_in_parallel([to_first, other])
    v = vectors(BOTH, 4)
    expected = to_first(v.project(X)).project(BOTH) + other(v.project(Y)).project(BOTH)
    np.testing.assert_allclose(side_by_side(v).magnitudes, expected.magnitudes)
    score = vectorspace_fns.ScalarBilinear.from_action(
        X, Y, lambda a, b: float(str(a)[1] == str(b)[1])
    )
    assert score(X.basis_vectors()[1], Y.basis_vectors()[1]) == 1
    assert score(X.basis_vectors()[1], Y.basis_vectors()[2]) == 0
    with pytest.raises(TypeError, match="is not in the space of"):
        to_first(Y.null_vector())
    with pytest.raises(TypeError, match="is not in the space of"):
        vectorspace_fns.Linear.from_action(X, X, lambda direction: first)
    with pytest.raises(ValueError, match="shape"):
        vectorspace_fns.Linear(X, Y, np.zeros((3, 2)))


def head(space: VectorSpaceWithBasis, causal: bool = False) -> transformers.AttentionHead:
    return transformers.AttentionHead(
        vectorspace_fns.ScalarBilinear(X, Y, DRAW.normal(size=(2, 3))),
        vectorspace_fns.Linear(Y, X, DRAW.normal(size=(3, 2))),
        residual_space=space,
        causal=causal,
    )


def mlp(space: VectorSpaceWithBasis) -> transformers.MLP:
    hidden = VectorSpaceWithBasis.from_names(["h1", "h2", "h3", "h4"])
    return transformers.MLP(
        vectorspace_fns.Linear(X, hidden, DRAW.normal(size=(2, 4))),
        vectorspace_fns.Linear(hidden, Y, DRAW.normal(size=(4, 3))),
        residual_space=space,
    )


@pytest.mark.parametrize("causal", [False, True])
def test_a_head_is_softmax_of_its_scores_times_its_values(causal: bool) -> None:
    one = head(BOTH, causal)
    v = vectors(BOTH, 5)
    x, y = v.project(X).magnitudes, v.project(Y).magnitudes
    scores = x @ one.w_qk.matrix @ y.T
    if causal:
        scores[np.triu_indices(5, 1)] = -np.inf
    weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    got = one.apply(v)
    np.testing.assert_allclose(got.project(X).magnitudes, weights @ y @ one.w_ov.matrix)
    assert not got.project(Y).magnitudes.any()
    assert (one.num_heads, one.as_multi().num_heads) == (1, 1)


def test_blocks_refuse_what_does_not_fit() -> None:
    with pytest.raises(TypeError, match="residual space of this block"):
        head(BOTH).apply(X.null_vector())
    with pytest.raises(ValueError, match="lacks directions"):
        head(X)
    heads = [head(BOTH), head(bases.join_vector_spaces(BOTH, ONE))]
    with pytest.raises(ValueError, match="same residual space"):
        transformers.MultiAttentionHead(heads)
    with pytest.raises(ValueError, match="begin where the first one ends"):
        transformers.MLP(vectorspace_fns.project(X, Y), vectorspace_fns.project(X, Y))


def test_mlps_side_by_side_add_up() -> None:
    some = [mlp(BOTH), mlp(BOTH)]
    v = vectors(BOTH, 3)
    hidden = VectorSpaceWithBasis.from_names(["k1", "k2", "k3", "k4"])
    some[1] = transformers.MLP(
        vectorspace_fns.Linear(X, hidden, some[1].fst.matrix),
        vectorspace_fns.Linear(hidden, Y, some[1].snd.matrix),
        residual_space=BOTH,
    )
    together = transformers.MLP.combine_in_parallel(some)
    np.testing.assert_allclose(
        together.apply(v.project(together.residual_space)).project(BOTH).magnitudes,
        VectorInBasis.sum([block.apply(v) for block in some]).magnitudes,
    )


TOKENS = VectorSpaceWithBasis.from_values("tokens", ["BOS", "a", "b"])
PLACES = VectorSpaceWithBasis.from_values("indices", range(3))
ONE = VectorSpaceWithBasis.from_names(["one"])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("order", ["am", "ma", "aam", "mm", "amam", "m"])
def test_an_assembled_model_computes_what_the_blocks_do(order: str, causal: bool) -> None:
    whole = bases.join_vector_spaces(TOKENS, PLACES, ONE, BOTH)
    embed = vectorspace_fns.Linear(TOKENS, X, DRAW.normal(size=(3, 2)))
    blocks: list[transformers.HalfLayerBlock] = []
    for kind in order:
        if kind == "a":
            heads = [head(whole, causal), head(whole, causal)]
            blocks.append(transformers.MultiAttentionHead(heads))
        else:
            blocks.append(mlp(whole))
    hidden = VectorSpaceWithBasis.from_names(["h1", "h2"])
    into = vectorspace_fns.Linear(TOKENS, hidden, embed.matrix)
    first = transformers.MLP(into, vectorspace_fns.project(hidden, hidden), None)  # type: ignore[arg-type]
    assert first.residual_space.num_dims == 5
    craft = transformers.SeriesWithResiduals(blocks)
    model = assemble_craft_model(craft, TOKENS, PLACES, Y, categorical_output=True, causal=causal)
    ids = [0, 2, 1, 2]
    rows = np.eye(TOKENS.num_dims)[ids]
    stream = TOKENS.make_vector(rows).project(whole)
    places = np.vstack([np.zeros(3), np.eye(3)])
    stream = stream + PLACES.make_vector(places).project(whole)
    stream = stream + ONE.make_vector(np.ones((4, 1))).project(whole)
    expected = craft.apply(stream)
    out = model.forward(model.params, np.array([ids]))
    assert model.residual_labels == [str(direction) for direction in whole.basis]
    np.testing.assert_allclose(out.transformer_output.output[0], expected.magnitudes, atol=1e-9)
    np.testing.assert_allclose(
        final_residual(model.params, ids, model.model_config), expected.magnitudes, atol=1e-9
    )
    chosen = expected.project(Y).magnitudes.argmax(-1)
    assert out.unembedded_output[0].tolist() == chosen.tolist() == model.apply(ids).decoded


def test_an_assembled_model_takes_encoders() -> None:
    craft = transformers.SeriesWithResiduals([mlp(BOTH)])
    model = assemble_craft_model(craft, TOKENS, PLACES, TOKENS, categorical_output=True)
    model.input_encoder = CategoricalEncoder(TOKENS.basis, True, "BOS")
    model.output_encoder = CategoricalEncoder(TOKENS.basis)
    assert model.apply(["BOS", "b", "a"]).decoded == ["BOS", "b", "a"]
    numbers = assemble_craft_model(craft, TOKENS, PLACES, Y, categorical_output=False)
    assert np.shape(numbers.apply([0, 1]).decoded) == (2, 3)
