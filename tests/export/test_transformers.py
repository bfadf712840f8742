"""Checkpoints opened by stock transformers: no custom code, and the program at every position."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2LMHeadModel

import rasplab
from rasplab import rasp
from tests.export.library import CASES, WITHIN, Case, case, run_gpt2
from tests.export.test_vocabulary import HARD

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]


def opened(directory: Path, **options: Any) -> tuple[Any, Any]:
    return (
        AutoModelForCausalLM.from_pretrained(directory, **options),
        AutoTokenizer.from_pretrained(directory),
    )


def agrees(found: Case, saved: Path, **options: Any) -> Any:
    """The logits of a checkpoint that gives the program's values, and has our stream everywhere."""
    logits, stream = run_gpt2(found, saved, **options)
    assert not found.wrong(found.model.words.decode(logits, found.ids))
    assert len(stream) >= 3 * found.model.config.n_layers
    for name, array in stream.items():
        if found.model.config.n_layers:
            assert found.error(name, array) < WITHIN
    return logits


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_stock_gpt2_computes_the_program(name: str, size: int, tmp_path: Path) -> None:
    found = case(name, size)
    agrees(found, found.model.save_pretrained(tmp_path / "x"))


@pytest.mark.parametrize("name", ["sort", "frac_prevs", "shuffle_dyck2", "longest_run", "hist"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_does_as_well_as_relu(name: str, dtype: str, tmp_path: Path) -> None:
    found = case(name, 5, dtype=dtype)
    saved = found.model.save_pretrained(tmp_path / "x", activation="gelu_new")
    logits = agrees(found, saved)
    written = json.loads((saved / "config.json").read_text())["dtype"]
    assert str(logits.dtype) == f"torch.{written}"
    assert written in (dtype, "float64")


def test_the_tokenizer_gives_our_ids(tmp_path: Path) -> None:
    for name in ("sort", "hist", "shuffle_dyck2"):
        found = case(name, 5)
        _, tokenizer = opened(found.model.save_pretrained(tmp_path / name))
        texts = [found.model.words.text(sequence) for sequence in found.sequences]
        batch = tokenizer(texts, return_tensors="np", padding=True)
        assert np.array_equal(batch.input_ids, found.ids)
        assert np.array_equal(batch.attention_mask == 1, found.words)


def test_a_bidirectional_checkpoint_refuses_the_attention_that_would_be_causal(
    tmp_path: Path,
) -> None:
    saved = case("reverse", 5).model.save_pretrained(tmp_path / "x")
    with pytest.raises(Exception, match=r"set it to .eager. instead"):
        AutoModelForCausalLM.from_pretrained(saved, attn_implementation="sdpa")


def test_a_causal_checkpoint_runs_with_every_attention(tmp_path: Path) -> None:
    found = case("induction_head", 5)
    saved = found.model.save_pretrained(tmp_path / "x")
    for attention in ("eager", "sdpa"):
        agrees(found, saved, attn_implementation=attention)


def test_unknown_words_raise_and_known_ones_round_trip(tmp_path: Path) -> None:
    model = rasplab.compile(rasp.tokens, vocab=HARD, max_length=len(HARD))
    saved = model.save_pretrained(tmp_path / "x")
    network, tokenizer = opened(saved)
    words = model.words
    ids = tokenizer(words.text(HARD)).input_ids
    assert ids == [0, *range(2, 2 + len(HARD))]
    assert words.values(ids) == list(HARD)
    assert tokenizer.decode(ids, skip_special_tokens=True) == words.text(HARD)
    with torch.no_grad():
        logits = network(torch.tensor([ids])).logits
    assert words.values(logits[0, 1:].argmax(-1).tolist()) == list(HARD)
    for text in ("b", "1:boolean", "A"):
        with pytest.raises(IndexError):
            network(torch.tensor([tokenizer(text).input_ids]))


def test_padding_goes_to_the_right_and_is_masked(tmp_path: Path) -> None:
    _, tokenizer = opened(case("hist", 5).model.save_pretrained(tmp_path / "x"))
    batch = tokenizer(["a", "a b a"], padding=True)
    assert batch.input_ids == [[0, 2, 1, 1], [0, 2, 3, 2]]
    assert batch.attention_mask == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert tokenizer.model_max_length == 6
    assert (tokenizer.bos_token, tokenizer.pad_token) == ("<bos>", "<pad>")
    assert tokenizer.convert_ids_to_tokens(tokenizer("no").input_ids) == ["<bos>", "<unknown word>"]


def test_a_causal_program_over_tokens_generates(tmp_path: Path) -> None:
    alphabet = "abcd"
    following = rasp.apply(lambda t: alphabet[(alphabet.index(t) + 1) % 4], rasp.tokens)
    model = rasplab.compile(following, vocab=alphabet, max_length=7, causal=True)
    network, tokenizer = opened(model.save_pretrained(tmp_path / "x"))
    prompt = tokenizer("a b", return_tensors="pt")
    written = network.generate(**prompt)
    assert tokenizer.decode(written[0], skip_special_tokens=True) == "a b c d a b c"


def test_generation_ends_where_the_output_is_no_token(tmp_path: Path) -> None:
    then = rasp.apply(lambda t: {"a": "b", "b": "end"}[t], rasp.tokens)
    model = rasplab.compile(then, vocab="ab", max_length=7, causal=True)
    network, tokenizer = opened(model.save_pretrained(tmp_path / "x"))
    written = network.generate(**tokenizer("a", return_tensors="pt"))
    assert tokenizer.decode(written[0], skip_special_tokens=True) == "a b end"


def test_prompts_of_different_lengths_generate_together(tmp_path: Path) -> None:
    again = rasp.apply(lambda t: t, rasp.tokens)
    model = rasplab.compile(again, vocab="ab", max_length=5, causal=True)
    network, tokenizer = opened(model.save_pretrained(tmp_path / "x"))
    tokenizer.padding_side = "left"
    batch = tokenizer(["a", "b a b"], return_tensors="pt", padding=True)
    written = tokenizer.batch_decode(network.generate(**batch), skip_special_tokens=True)
    assert written == ["a a a", "b a b b b"]


def test_what_transformers_saves_again_is_the_same_network(tmp_path: Path) -> None:
    found = case("sort", 5)
    network, tokenizer = opened(found.model.save_pretrained(tmp_path / "x"))
    network.save_pretrained(tmp_path / "again")
    tokenizer.save_pretrained(tmp_path / "again")
    assert isinstance(network, GPT2LMHeadModel)
    agrees(found, tmp_path / "again", attn_implementation="eager")
