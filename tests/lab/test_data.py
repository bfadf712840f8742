"""Data sets: what is clean and what is corrupted, what differs, and that files bring it back."""

from __future__ import annotations

import itertools
import json

import pytest

import rasplab
from rasplab import InputError
from rasplab.diagnostics import ModelFileError
from rasplab.lab.data import CORRUPTIONS, load
from rasplab.rasp import aggregate, constant, indices, select, selector_width, tokens
from rasplab.rasp.values import identity
from tests.weights.library import NAMES, compiled


def hist_model(optimize: int = 1) -> rasplab.Model:
    hist = selector_width(select(tokens, tokens, "==")).named("hist")
    return rasplab.compile(hist, vocab="abc", max_length=5, optimize=optimize)


HIST = hist_model()
UNCHANGED = ("length", "shuffle_dyck2", "shuffle_dyck3")
"""At one length the output is always the same."""


def distance(one, other) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


EVERYDAY = ("sort", "frac_prevs", "length")
SOME = [n if n in EVERYDAY else pytest.param(n, marks=pytest.mark.slow) for n in NAMES]


@pytest.mark.everyday(1)
@pytest.mark.parametrize("corrupt", CORRUPTIONS)
@pytest.mark.parametrize("name", SOME)
def test_outputs_are_the_models_and_what_differs_is_said(name, corrupt) -> None:
    model = compiled(name)
    if corrupt == "minimal" and name in UNCHANGED:
        with pytest.raises(InputError, match="can be changed so that the output is another"):
            model.dataset(4, corrupt=corrupt)
        return
    data = model.dataset(4, corrupt=corrupt)
    assert len(data) == 4
    assert len({pair.clean for pair in data}) == 4
    for pair in data:
        assert len(pair.clean) == len(pair.corrupt) == model.config.max_length
        assert list(pair.clean_output) == model(pair.clean)
        assert list(pair.corrupt_output) == model(pair.corrupt)
        assert pair.clean != pair.corrupt
        if not model.numerical:
            differing = [
                i
                for i, (a, b) in enumerate(zip(pair.clean_output, pair.corrupt_output, strict=True))
                if identity(a) != identity(b)
            ]
            assert list(pair.differs.get("output", ())) == differing


def test_variables_differ_where_their_readings_do() -> None:
    for pair in HIST.dataset(8, corrupt="random"):
        clean, corrupt = HIST.trace(pair.clean), HIST.trace(pair.corrupt)
        for name in ("tokens", "hist"):
            readings = zip(clean.variable(name), corrupt.variable(name), strict=True)
            differing = tuple(i for i, (a, b) in enumerate(readings) if a != b)
            assert pair.differs.get(name, ()) == differing


def test_every_input_is_clean_once() -> None:
    data = HIST.dataset()
    every = [s for n in range(1, 6) for s in itertools.product("abc", repeat=n)]
    assert data.exhaustive
    assert sorted(data.clean) == sorted(every)
    assert len(HIST.dataset(length=3)) == 27


def test_a_resampled_input_is_another_of_the_data() -> None:
    data = HIST.dataset(20)
    assert set(data.corrupt) <= set(data.clean)
    assert all(pair.clean != pair.corrupt for pair in data)


def test_no_smaller_change_than_a_minimal_one_changes_the_output() -> None:
    several = selector_width(select(tokens, "a", "==")) >= 2
    model = rasplab.compile(several, vocab="abc", max_length=4)
    distances = set()
    for pair in model.dataset(corrupt="minimal", length=4):
        size = distance(pair.clean, pair.corrupt)
        distances.add(size)
        assert model(pair.clean) != model(pair.corrupt)
        for other in itertools.product("abc", repeat=4):
            if distance(pair.clean, other) < size:
                assert model(other) == model(pair.clean)
    assert distances == {1, 2, 3}


def test_a_seed_gives_the_same_data_again() -> None:
    for corrupt in CORRUPTIONS:
        one, same = (HIST.dataset(6, corrupt=corrupt, seed=3) for _ in range(2))
        assert one.pairs == same.pairs
        assert one.pairs != HIST.dataset(6, corrupt=corrupt, seed=4).pairs


def test_inputs_without_a_value_are_left_out() -> None:
    program = aggregate(select(tokens, constant(1), "=="), indices).named("where")
    words = aggregate(select(tokens, tokens, "=="), tokens)
    model = rasplab.compile(words, vocab="ab", max_length=3)
    assert len(model.dataset(length=3)) == 8
    assert len(rasplab.compile(program, vocab=[0, 1], max_length=3).dataset(length=2)) == 4


def test_a_circuit_takes_the_pairs() -> None:
    data = HIST.dataset(10, corrupt="minimal")
    found = HIST.circuit(level="qkv", ablation="resample", data=data)
    assert found.inputs == 10
    assert {str(e) for e in found.edges} == {
        "embed -> a0.h0<q>",
        "embed -> a0.h0<k>",
        "a0.h0 -> m0",
        "m0 -> output",
    }


def mixed_model() -> rasplab.Model:
    return rasplab.compile(tokens, vocab=["a b", 1, True, (1, "x"), 0.5], max_length=2)


@pytest.mark.parametrize("suffix", ["jsonl", pytest.param("parquet", marks=pytest.mark.slow)])
@pytest.mark.parametrize("make", [hist_model, mixed_model])
def test_a_saved_data_set_comes_back(make, suffix, tmp_path) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    data = make().dataset(5, corrupt="random")
    path = data.save(tmp_path / f"data.{suffix}")
    found = load(path)
    assert repr(found.pairs) == repr(data.pairs)
    assert repr(found.vocabulary) == repr(data.vocabulary)
    assert (found.corruption, found.seed, found.exhaustive) == ("random", 0, False)
    assert make().dataset(5, corrupt="random").save(path).read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_a_damaged_parquet_file_is_refused(tmp_path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1nothing")
    with pytest.raises(ModelFileError, match="E502"):
        load(tmp_path / "bad.parquet")


@pytest.mark.slow
def test_parquet_has_columns_that_others_can_read(tmp_path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(HIST.dataset(3).save(tmp_path / "data.parquet"))
    assert table.column_names == ["clean", "corrupt", "clean_output", "corrupt_output", "differs"]
    assert str(table.schema.field("clean").type).endswith("string>")
    assert str(table.schema.field("clean_output").type).endswith("int64>")


def test_auto_circuits_prompts_have_ids_and_answers_per_position(tmp_path) -> None:
    data = HIST.dataset(2, corrupt="minimal", length=2)
    written = json.loads(data.save(tmp_path / "p.json", format="auto-circuit").read_text())
    ids = HIST.config.token_ids()
    columns = list(HIST.config.output_values or ())
    for prompt, pair in zip(written["prompts"], data, strict=True):
        assert prompt["clean"] == [0, *(ids[token] for token in pair.clean)]
        assert prompt["answers"] == [[columns.index(value)] for value in pair.clean_output]
        assert prompt["wrong_answers"] == [[columns.index(v)] for v in pair.corrupt_output]


def test_answers_can_be_the_ids_of_a_checkpoint(tmp_path) -> None:
    from rasplab.export.vocabulary import words_of

    reverse = rasplab.compile(
        aggregate(select(indices, indices, ">"), tokens == "a", default=None),
        vocab="ab",
        max_length=2,
    )
    for model in (HIST, mixed_model(), reverse):
        data = model.dataset(4, corrupt="random", length=2)
        path = data.save(tmp_path / "p.json", format="auto-circuit", answers="ids")
        words = words_of(model.config)
        for prompt, pair in zip(json.loads(path.read_text())["prompts"], data, strict=True):
            if model.numerical:
                assert prompt["answers"] == [[value] for value in pair.clean_output]
                continue
            columns = list(map(identity, model.config.output_values or ()))
            expected = [[words.columns[columns.index(identity(v))]] for v in pair.clean_output]
            assert prompt["answers"] == expected


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"corrupt": "noise"}, "E440"),
        ({"n": 0}, "E440"),
        ({"n": True}, "E440"),
        ({"n": 2.5}, "E440"),
        ({"length": 6}, "E440"),
        ({"n": 4, "length": 1}, "E441"),
        ({"n": 1}, "E441"),
    ],
)
def test_what_cannot_be_made_is_refused(options, code) -> None:
    with pytest.raises(InputError) as caught:
        HIST.dataset(**options)
    assert caught.value.code == code


def test_too_many_inputs_are_not_enumerated_and_too_few_not_invented() -> None:
    large = rasplab.compile(tokens, vocab=range(30), max_length=8)
    with pytest.raises(InputError, match="too many to enumerate"):
        large.dataset()
    assert len(large.dataset(30, corrupt="minimal")) == 30
    lonely = rasplab.compile(tokens, vocab="a", max_length=2)
    for corrupt in CORRUPTIONS:
        with pytest.raises(InputError) as caught:
            lonely.dataset(corrupt=corrupt)
        assert caught.value.code == "E441"


def test_files_that_are_no_data_are_refused(tmp_path) -> None:
    data = HIST.dataset(2)
    for action, code in (
        (lambda: data.save(tmp_path / "d.csv"), "E442"),
        (lambda: data.save(tmp_path / "d"), "E442"),
        (lambda: data.save(tmp_path / "d.json", format="auto-circuit", answers="no"), "E440"),
    ):
        with pytest.raises(InputError) as caught:
            action()
        assert caught.value.code == code
    (tmp_path / "bad.jsonl").write_text('{"format": "other"}\n')
    (tmp_path / "cut.jsonl").write_bytes(data.save(tmp_path / "d.jsonl").read_bytes()[:-9])
    for name, code in (
        ("none", "E501"),
        ("bad.jsonl", "E502"),
        ("cut.jsonl", "E502"),
    ):
        with pytest.raises(ModelFileError) as caught:
            load(tmp_path / name)
        assert caught.value.code == code
