"""Scripts written for Tracr meet what they meet there: copies, encoders, labels, graphs, names."""

import itertools
from typing import Any

import numpy as np
import pytest

from rasplab import CompileError
from rasplab.compat.tracr.compiler import (
    basis_inference,
    compiling,
    craft_model_to_transformer,
    lib,
    nodes,
    rasp_to_graph,
)
from rasplab.compat.tracr.craft import vectorspace_fns
from rasplab.compat.tracr.craft.bases import BasisDirection, VectorSpaceWithBasis
from rasplab.compat.tracr.rasp import rasp
from rasplab.compat.tracr.transformer.encoder import CategoricalEncoder, NumericalEncoder
from tests.compat.tracr.library import CASES

T, AT = rasp.tokens, rasp.indices
EQ, LT, LEQ = rasp.Comparison.EQ, rasp.Comparison.LT, rasp.Comparison.LEQ
EVERYTHING = rasp.Select(T, T, rasp.Comparison.TRUE)


def compiled(program: rasp.SOp, vocab: Any, length: int, **options: Any) -> Any:
    return compiling.compile_rasp_to_model(program, vocab, length, compiler_bos="BOS", **options)


# -- annotations are those of a copy


def test_annotating_leaves_the_argument_as_it_is() -> None:
    marked = T == "a"
    shares = lib.make_frac_prevs(marked)
    assert rasp.is_categorical(marked)
    assert [type(x) for x in marked("ab")] == [bool, bool]
    assert rasp.is_numerical(shares)
    assert rasp.is_numerical(rasp.numerical(T))
    assert rasp.is_categorical(T)
    named = marked.named("is_a")
    assert (named.name, marked.name) == ("is_a", "map")
    assert marked.annotated(flavour="sweet").annotations["flavour"] == "sweet"
    assert "flavour" not in marked.annotations


def test_a_copy_has_a_number_of_its_own_and_the_same_parts() -> None:
    hist = lib.make_hist()
    before = hist.label
    copy = hist.copy()
    assert type(copy) is type(hist)
    assert copy is not hist
    assert copy.name == hist.name
    assert copy.label != hist.label == before
    assert copy.children[0] is hist.children[0]
    assert copy("aab") == hist("aab") == [2, 2, 1]


def test_a_copied_selector_selects_the_same() -> None:
    both = rasp.Select(AT, AT, LT) & rasp.Select(AT, AT, rasp.Comparison.NEQ)
    assert both.named("earlier")("abc") == both("abc")


def test_annotated_inputs_are_still_the_inputs() -> None:
    numbers, places = rasp.numerical(T), AT.named("place")
    program = rasp.numerical(rasp.LinearSequenceMap(numbers, rasp.numerical(places), 1, 2))
    assert program([3, 1]) == [3, 3]
    assert compiled(program, {1, 2, 3}, 3).apply(["BOS", 3, 1]).decoded[1:] == [3, 3]
    assert (numbers.label, places.label) == ("tokens", "indices")


# -- values are those of the vocabulary, in Tracr's order

ODD = 0.1 + 0.2


@pytest.mark.parametrize("optimize", [0, 1])
def test_values_of_the_vocabulary_stay_as_they_were_given(optimize: int) -> None:
    program = lib.make_reverse(T)
    model = compiled(program, {ODD, 2.0, 1}, 3, optimize=optimize)
    assert list(model.input_encoder.encoding_map) == [ODD, 1, 2.0, "BOS", "compiler_pad"]
    decoded = model.apply(["BOS", ODD, 2.0, 1]).decoded
    assert decoded == ["BOS", *program([ODD, 2.0, 1])] == ["BOS", 1, 2.0, ODD]
    assert f"tokens:{ODD}" in model.residual_labels
    assert "tokens:2.0" in model.residual_labels
    assert ODD in model.output_encoder.encoding_map


def test_numpys_numbers_are_tokens() -> None:
    model = compiled(T + 1, set(np.arange(3)), 3)
    assert model.apply(["BOS", 2, 0]).decoded == ["BOS", 3, 1]
    assert model.apply(["BOS", *np.array([2, 0])]).decoded == ["BOS", 3, 1]


SAME = rasp.Map(lambda x: x, T)
ORDERS: dict[str, tuple[rasp.SOp, Any, list[Any]]] = {
    "numbers": (T * -1, {1, 2, 10}, [-10, -2, -1]),
    "numbers of two digits": (T + 0, {9, 10, 2}, [2, 9, 10]),
    "words": (SAME, {"b", "B", "a"}, ["B", "a", "b"]),
    "booleans": (T == 1, {1, 2}, [False, True]),
    "words and numbers": (SAME, {"b", 3, "a"}, [3, "a", "b"]),
    "undefined behind words": (lib.shift_by(1, T), {"a", "z", "A"}, ["A", "a", "z", None]),
    "undefined behind numbers": (lib.shift_by(1, T), {9, 10}, [9, 10, None]),
    "undefined behind booleans": (lib.detect_pattern(T, "ab"), {"a", "b"}, [False, True, None]),
    "the word None": (SAME, {"None", "a"}, ["a", "None"]),
}


@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize(("program", "vocab", "values"), ORDERS.values(), ids=ORDERS)
def test_outputs_are_in_the_order_of_their_directions(
    program: rasp.SOp, vocab: Any, values: list[Any], optimize: int
) -> None:
    model = compiled(program, vocab, 3, optimize=optimize)
    assert list(model.output_encoder.encoding_map) == values
    labels = [name for name in model.residual_labels if name.startswith(f"{program.label}:")]
    assert labels == [f"{program.label}:{value}" for value in values]


def test_a_word_that_reads_like_undefined_is_told_from_it() -> None:
    model = compiled(lib.shift_by(1, T), {"None", "a"}, 3)
    assert set(model.output_encoder.encoding_map) == {"a", "None", None}
    assert len(set(model.residual_labels)) == len(model.residual_labels)
    assert model.apply(["BOS", "None", "a", "a"]).decoded == ["BOS", None, "None", "a"]


# -- scores for each value, unless a number was asked for

APART = rasp.SequenceMap(lambda x, i: x + i / 100, T, AT)
RANK = rasp.SelectorWidth(rasp.Select(APART, APART, LT))
LARGEST = rasp.Aggregate(rasp.Select(RANK, lib.length - 1, EQ), T)


def sorted_by_rank() -> rasp.SOp:
    return rasp.Aggregate(rasp.Select(RANK, AT, EQ), T)


@pytest.mark.everyday(2)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize(
    "program",
    [sorted_by_rank(), LARGEST, lib.make_reverse(T), rasp.Aggregate(EVERYTHING, T)],
    ids=["a permutation", "a maximum", "a reversal", "a mean"],
)
def test_numbers_are_chosen_among_unless_a_number_is_asked_for(
    program: rasp.SOp, optimize: int
) -> None:
    model = compiled(program, {1, 2, 4}, 4, optimize=optimize)
    assert type(model.output_encoder) is CategoricalEncoder
    for xs in ([4], [2, 1], [4, 1, 2], [1, 1, 4, 2]):
        assert model.apply(["BOS", *xs]).decoded[1:] == program(xs)
    asked = compiled(rasp.numerical(program), {1, 2, 4}, 4, optimize=optimize)
    assert type(asked.output_encoder) is NumericalEncoder
    assert asked.apply(["BOS", 4, 1, 2]).decoded[1:] == pytest.approx(program([4, 1, 2]))


def test_a_mean_of_too_many_values_stays_a_number() -> None:
    model = compiled(rasp.Aggregate(EVERYTHING, T), {1, 2, 3, 4}, 20)
    assert type(model.output_encoder) is NumericalEncoder
    assert model.apply(["BOS", 1, 2, 2]).decoded[1:] == pytest.approx([5 / 3] * 3)


# -- undefined has a direction exactly where it can occur

DEFINED: dict[str, tuple[rasp.SOp, Any, int]] = {
    "reverse": (lib.make_reverse(T), {"a", "b"}, 12),
    "sort": (lib.make_sort(T, T, max_seq_len=6, min_key=1), {1, 2, 3, 4}, 6),
    "a permutation": (sorted_by_rank(), set(range(6)), 6),
    "a maximum": (LARGEST, {1, 2, 3}, 5),
    "what its rank says": (rasp.Aggregate(rasp.Select(AT, RANK, EQ), T), set(range(5)), 5),
    "itself": (rasp.Aggregate(rasp.Select(AT, AT, EQ), T), {"a", "b"}, 40),
    "the first of all": (rasp.Aggregate(rasp.Select(AT, AT, lambda k, q: k == 0), T), {"a"}, 40),
    "balanced brackets": (lib.make_shuffle_dyck(["()"]), {"(", ")"}, 8),
}


@pytest.mark.everyday(3)
@pytest.mark.parametrize("optimize", [0, 1])
@pytest.mark.parametrize(("program", "vocab", "length"), DEFINED.values(), ids=DEFINED)
def test_what_is_always_defined_has_no_direction_for_undefined(
    program: rasp.SOp, vocab: Any, length: int, optimize: int
) -> None:
    if optimize == 0 and length > 4:
        length = 4
    model = compiled(program, vocab, length, optimize=optimize)
    assert None not in model.output_encoder.encoding_map
    assert f"{program.label}:None" not in model.residual_labels
    assert model.rasplab.verify(samples=40).passed
    draw = np.random.default_rng(0)
    for n in (1, 2, length - 1, length):
        xs = draw.choice(sorted(vocab), n).tolist()
        assert model.apply(["BOS", *xs]).decoded[1:] == program(xs)


UNEVEN: dict[str, tuple[rasp.SOp, bool]] = {
    "shifted": (lib.shift_by(1, T), False),
    "equal ranks": (lib.make_sort_unique(T, T), False),
    "ranks that count themselves": (
        rasp.Aggregate(rasp.Select(rasp.SelectorWidth(rasp.Select(APART, APART, LEQ)), AT, EQ), T),
        False,
    ),
    "a rank that counts itself": (
        rasp.Aggregate(rasp.Select(AT, rasp.SelectorWidth(rasp.Select(APART, APART, LEQ)), EQ), T),
        False,
    ),
    "mirrored, looking back": (rasp.Aggregate(rasp.Select(AT, 2 - AT, EQ), T), True),
    "ranks, looking back": (sorted_by_rank(), True),
    "the second": (rasp.Aggregate(rasp.Select(AT, AT, lambda k, q: k == 1), T), False),
    "the larger ones": (rasp.Aggregate(rasp.Select(APART, APART, LT), T), False),
    "what was undefined": (rasp.Aggregate(rasp.Select(AT, AT, EQ), lib.shift_by(1, T)), False),
    "divided by zero": (rasp.Aggregate(EVERYTHING, T) / rasp.Map(lambda i: i, AT), False),
}


@pytest.mark.everyday(4)
@pytest.mark.parametrize(("length", "vocab"), [(3, [1, 2, 3]), (6, [1, 2, 3])])
@pytest.mark.parametrize(("program", "causal"), UNEVEN.values(), ids=UNEVEN)
def test_what_may_be_undefined_says_so(
    program: rasp.SOp, causal: bool, length: int, vocab: list[int]
) -> None:
    """Also where more inputs than can be tried are decided by rule."""
    from rasplab.compat.tracr.rasp import causal_eval

    model = compiled(program, set(vocab), length, causal=causal)
    found: list[Any] = []
    sequences = itertools.chain.from_iterable(
        itertools.product(vocab, repeat=n) for n in range(1, length + 1)
    )
    for xs in itertools.islice(sequences, 0, None, 1 if length == 3 else 17):
        wanted = causal_eval.evaluate(program, xs) if causal else program(xs)
        got = model.apply(["BOS", *xs]).decoded[1:]
        assert [x is None for x in got] == [x is None for x in wanted], xs
        assert got == pytest.approx(wanted), xs
        found += wanted
    assert None in found
    if type(model.output_encoder) is CategoricalEncoder:
        assert f"{program.label}:None" in model.residual_labels


@pytest.mark.slow  # loads TransformerLens
@pytest.mark.parametrize("name", ["reverse", "sort", "sort_unique", "sort_freq", "shift_by"])
def test_transformer_lens_finds_the_output(name: str) -> None:
    helper = pytest.importorskip("transformer_lens.utilities.tracr")
    case = CASES[name]
    model = compiled(case.program, set(case.vocab), case.length)
    assert helper.infer_tracr_output_label(model) == case.program.label
    unembed = helper.make_tracr_categorical_unembed(model)
    for sequence in list(case.sequences())[::23]:
        residual = model.apply(["BOS", *sequence]).transformer_output[0]
        ids = (residual @ unembed).argmax(-1).tolist()
        assert model.output_encoder.decode(ids[1:]) == case.program(sequence)


def read_label(label: str) -> BasisDirection:
    """A direction from its label, as ports read it: numbers and booleans by their looks."""
    name, found, text = label.partition(":")
    if not found:
        return BasisDirection(label)
    if text in ("True", "False"):
        return BasisDirection(name, text == "True")
    for read in (int, float):
        try:
            return BasisDirection(name, read(text))
        except ValueError:
            pass
    return BasisDirection(name, text)


PORTED = ["reverse", "sort", "shift_by", "detect_pattern", "hist", "shuffle_dyck"]


@pytest.mark.everyday(5)
@pytest.mark.parametrize("name", PORTED)
def test_a_port_that_reads_labels_back_finds_the_directions_in_their_places(name: str) -> None:
    case = CASES[name]
    model = compiled(case.program, set(case.vocab), case.length)
    space = VectorSpaceWithBasis([read_label(label) for label in model.residual_labels])
    assert [str(direction) for direction in space.basis] == model.residual_labels
    outputs = VectorSpaceWithBasis(model.output_encoder.basis)
    unembed = vectorspace_fns.project(space, outputs).matrix
    for sequence in list(case.sequences())[::23]:
        residual = model.apply(["BOS", *sequence]).transformer_output[0]
        ids = (residual @ unembed).argmax(-1).tolist()
        assert model.output_encoder.decode(ids[1:]) == case.program(sequence)


# -- what a model gives


def test_an_output_is_a_mapping_too() -> None:
    out = compiled(lib.make_hist(), {"a", "b"}, 3).apply(["BOS", "a", "a"])
    assert list(out.keys()) == list(dict(out)) == list(out)
    assert dict(out.items())["decoded"] == out["decoded"] == out.decoded == ["BOS", 2, 2]
    assert {"unembedded", "residuals", "layer_outputs", "attn_logits"} <= set(out)
    assert len(out) == 7
    with pytest.raises(KeyError):
        out["apply"]


@pytest.mark.parametrize("name", ["reverse", "frac_prevs", "shift_by"])
def test_the_compiled_model_is_the_model(name: str) -> None:
    case = CASES[name]
    model = compiled(case.program, set(case.vocab), case.length)
    parts = model.get_compiled_model()
    for sequence in list(case.sequences())[::37]:
        ids = np.array([model.input_encoder.encode(["BOS", *sequence])])
        got, expected = parts(ids, use_dropout=False), model.forward(model.params, ids)
        np.testing.assert_array_equal(got.unembedded_output, expected.unembedded_output)
        np.testing.assert_array_equal(
            got.transformer_output.output, expected.transformer_output.output
        )
    model.params["token_embed"]["embeddings"][:] = 0
    assert not parts.embed(np.array([[0]])).any()


# -- the graph and its values


def test_a_program_is_a_graph_of_its_expressions() -> None:
    found = rasp_to_graph.extract_rasp_graph(lib.make_reverse(T))
    graph, sink = found.graph, found.sink
    assert sink[nodes.EXPR].name == "reverse"
    assert {source[nodes.ID] for source in found.sources} == {"tokens", "indices"}
    for label, node in graph.nodes.items():
        assert node[nodes.ID] == label == node[nodes.EXPR].label
        assert set(graph.predecessors(label)) == {c.label for c in node[nodes.EXPR].children}
    assert list(graph.successors(sink[nodes.ID])) == []


def test_bases_are_the_values_that_occur() -> None:
    program = rasp.numerical(rasp.Map(lambda x: x * x, lib.shift_by(1, T) + AT))
    found = rasp_to_graph.extract_rasp_graph(program)
    basis_inference.infer_bases(found.graph, found.sink, {1, 2, ODD}, 2)
    values = {
        node[nodes.EXPR].name: node.get(nodes.VALUE_SET) for node in found.graph.nodes.values()
    }
    assert values["tokens"] == {1, 2, ODD}
    assert values["indices"] == {0, 1}
    assert values["shift_by(1)"] == {1, 2, ODD}
    assert values["select"] is None
    assert found.sink[nodes.OUTPUT_BASIS] == [BasisDirection(program.label)]
    assert [str(d) for d in found.graph.nodes["indices"][nodes.OUTPUT_BASIS]] == [
        "indices:0",
        "indices:1",
    ]


def test_the_exceptions_that_scripts_catch_are_there() -> None:
    number = rasp.Map(int, T)
    with pytest.raises(basis_inference.InvalidValueSetError):
        compiled(number, {"1", "b"}, 3)
    assert basis_inference.InvalidValueSetError is CompileError
    assert issubclass(craft_model_to_transformer.NoTokensError, ValueError)
    assert compiled(AT + 1, {"a"}, 3).apply(["BOS", "a"]).decoded == ["BOS", 1]
