"""Programs grafted into GPT-2: the host is what it was, and the program what it is proved to be."""

from __future__ import annotations

import copy
import random
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import rasplab  # noqa: E402
from rasplab.diagnostics import InputError, ModelFileError  # noqa: E402
from rasplab.lab.graft import Graft, graft, load  # noqa: E402

VOCAB, LENGTH, STRANGER = ("a", "b", "c"), 7, 3


def new_host(layers: int = 2, **more: Any) -> Any:
    torch.manual_seed(0)
    shape = {"vocab_size": 4, "n_positions": 12, "n_embd": 8, "n_layer": layers, "n_head": 2}
    config = transformers.GPT2Config(**shape | more, bos_token_id=None, eos_token_id=None)
    return transformers.GPT2LMHeadModel(config).eval()


def compiled(name: str = "hist", **options: Any) -> rasplab.Model:
    program = rasplab.programs.get(name).at(len(VOCAB), LENGTH)[0]
    options = {"causal": True} | options
    return rasplab.compile(program, vocab=VOCAB, max_length=LENGTH, **options)


def new_graft(layers: int = 2, **options: Any) -> Graft:
    return graft(new_host(layers), compiled(), tokens=dict(enumerate(VOCAB)), **options)


def batches() -> Iterable[tuple[Any, Any]]:
    """Every length, padded to the longest, and the mask that says so."""
    draw = random.Random(0)
    for _ in range(4):
        lengths = [draw.randint(1, LENGTH) for _ in range(6)] + [LENGTH]
        ids = torch.tensor([[draw.randrange(3) for _ in range(LENGTH)] for _ in lengths])
        yield ids, (torch.arange(LENGTH)[None] < torch.tensor(lengths)[:, None]).long()


SITES = ["0.attn", "0.mlp", "1.attn", "1.mlp"]


@pytest.mark.parametrize("at", SITES)
def test_a_new_graft_leaves_the_host_as_it_was_to_the_last_bit(at: str) -> None:
    host, model = new_host(), compiled()
    grafted = graft(host, model, tokens=dict(enumerate(VOCAB)), variables="hist", at=at)
    for ids, mask in batches():
        alone = host(ids, attention_mask=mask, output_hidden_states=True)
        both = grafted(ids, mask, output_hidden_states=True)
        assert torch.equal(alone.logits, both.logits)
        assert all(map(torch.equal, alone.hidden_states, both.hidden_states))


@pytest.mark.parametrize("at", SITES)
def test_a_reader_changes_the_host_from_its_site_on_and_not_before(at: str) -> None:
    grafted = new_graft(variables="hist", at=at)
    torch.nn.init.normal_(grafted.reader.weight)
    ids, _ = next(iter(batches()))
    alone = grafted.host(ids, output_hidden_states=True)
    both = grafted(ids, output_hidden_states=True)
    layer = int(at[0])
    same = [torch.equal(a, b) for a, b in zip(alone.hidden_states, both.hidden_states, strict=True)]
    assert same[: layer + 1] == [True] * (layer + 1)
    assert not same[layer + 1]
    assert torch.equal(alone.logits, grafted.host(ids).logits)  # which alone is still what it was


@pytest.mark.parametrize(
    ("name", "options"),
    [("hist", {}), ("hist", {"optimize": 0}), ("hist", {"dtype": "float64"}), ("odd", {})],
)
def test_what_is_read_is_what_the_program_says(name: str, options: dict[str, Any]) -> None:
    hist = rasplab.programs.get("hist").at(len(VOCAB), LENGTH)[0]
    program = hist if name == "hist" else (hist % 2 == 1).named("odd")
    options = {"causal": True} | options
    model = rasplab.compile(program, vocab=VOCAB, max_length=LENGTH, **options)
    grafted = graft(new_host(), model, tokens=dict(enumerate(VOCAB)), variables=name)
    assert model.program is not None
    for ids, mask in batches():
        found = [list(reading) for reading in grafted.reading(name, ids, mask)]
        held = [[VOCAB[i] for i in row[:n]] for row, n in zip(ids, mask.sum(1), strict=True)]
        assert found == [model.program(sequence, causal=True) for sequence in held]


def test_what_a_host_is_given_are_the_numbers_of_the_variables() -> None:
    grafted = new_graft(variables="hist")
    ids = torch.tensor([[0, 1, 0, 0, 1]])
    place = grafted.reads.variables[0].encoding
    lanes = grafted.lanes(ids)[0, :, 0]
    error = next(b.error for b in grafted.weights.circuit.certificate.bounds if b.name == "hist")
    expected = [place.sign * (count - place.offset) for count in (1, 1, 2, 3, 2)]
    assert (lanes - torch.tensor(expected)).abs().max() <= error


def test_a_disguised_program_is_read_along_its_named_directions() -> None:
    from rasplab.lab.realism import disguise

    model = disguise(compiled(dtype="float64"), seed=3)
    grafted = graft(new_host(), rasplab.Model(model.weights), tokens=dict(enumerate(VOCAB)))
    ids = torch.tensor([[0, 1, 0, 0, 1]])
    assert list(grafted.reading("hist", ids)[0]) == [1, 1, 2, 3, 2]


@pytest.mark.parametrize("trainable", [False, True])
def test_gradients_reach_the_reader_and_the_program_only_where_it_may_learn(
    trainable: bool,
) -> None:
    grafted = new_graft(trainable=trainable)
    torch.nn.init.normal_(grafted.reader.weight)
    ids, _ = next(iter(batches()))
    grafted(ids, labels=ids).loss.backward()
    assert grafted.reader.weight.grad is not None
    assert grafted.reader.weight.grad.abs().sum() > 0
    reached = [p.grad is not None and bool(p.grad.any()) for p in grafted.part.parameters()]
    assert any(reached) == trainable


def test_a_frozen_program_stays_what_was_compiled_while_all_else_learns() -> None:
    for trainable in (False, True):
        grafted = new_graft(trainable=trainable).train()
        torch.nn.init.normal_(grafted.reader.weight)
        optimizer = torch.optim.AdamW([p for p in grafted.parameters() if p.requires_grad], 0.1)
        before = copy.deepcopy(grafted.host.state_dict())
        ids, _ = next(iter(batches()))
        assert grafted.intact
        grafted(ids, labels=ids).loss.backward()
        optimizer.step()
        assert grafted.intact != trainable
        assert any(not torch.equal(before[n], p) for n, p in grafted.host.named_parameters())


def test_a_replaced_half_layer_writes_what_is_read_and_nothing_else() -> None:
    ids, _ = next(iter(batches()))
    for at in ("1.attn", "1.mlp"):
        grafted = new_graft(variables="hist", at=at, replaces=True)
        host = copy.deepcopy(grafted.host)
        half = host.transformer.h[1].attn if at == "1.attn" else host.transformer.h[1].mlp
        torch.nn.init.zeros_(half.c_proj.weight)
        torch.nn.init.zeros_(half.c_proj.bias)
        assert torch.equal(grafted(ids).logits, host(ids).logits)
        assert not torch.equal(grafted(ids).logits, grafted.host(ids).logits)


def test_a_replaced_head_is_silent_and_the_others_are_not() -> None:
    ids, _ = next(iter(batches()))
    grafted = new_graft(variables="hist", at="0.attn", replaces=[1])
    host = copy.deepcopy(grafted.host)
    with torch.no_grad():
        host.transformer.h[0].attn.c_proj.weight[4:] = 0  # rows of the second head's values
    ours, theirs = grafted(ids).logits, host(ids).logits
    # Both sum the same products, some of them zero: at most in another order.
    scale = sum(p.abs().max() for p in host.parameters()) * host.config.n_embd
    assert (ours - theirs).abs().max() <= 64 * torch.finfo(torch.float32).eps * scale
    assert (ours - grafted.host(ids).logits).abs().max() > 1e-3 * ours.abs().max()


@pytest.mark.everyday(2)
@pytest.mark.parametrize("options", [{}, {"replaces": [0], "at": "1.attn"}, {"trainable": True}])
def test_a_saved_graft_comes_back_as_it_was(tmp_path: Path, options: dict[str, Any]) -> None:
    grafted = new_graft(variables="hist", **options)
    torch.nn.init.normal_(grafted.reader.weight)
    if grafted.trainable:
        with torch.no_grad():
            grafted.part.embed.W_E.add_(0.5)
    again = load(grafted.save(tmp_path / "grafted"))
    for ids, mask in batches():
        assert torch.equal(grafted(ids, mask).logits, again(ids, mask).logits)
    assert again.intact == (not grafted.trainable) == grafted.intact
    assert again.reads == grafted.reads
    assert again.words == grafted.words
    assert [p.requires_grad for p in again.parameters()] == [
        p.requires_grad for p in grafted.parameters()
    ]
    assert rasplab.load(tmp_path / "grafted")("aba") == [1, 1, 2]
    again.save(tmp_path / "grafted", overwrite=True)
    written = [(tmp_path / "grafted" / "graft.safetensors").read_bytes()]
    assert (
        load(tmp_path / "grafted")
        .save(tmp_path / "copy")
        .joinpath("graft.safetensors")
        .read_bytes()
        in written
    )


def test_a_damaged_or_other_directory_is_refused(tmp_path: Path) -> None:
    where = new_graft().save(tmp_path / "grafted")
    with pytest.raises(ModelFileError, match="E503"):
        new_graft().save(where)
    data = bytearray((where / "graft.safetensors").read_bytes())
    data[-1] ^= 1
    (where / "graft.safetensors").write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match="E502"):
        load(where)
    with pytest.raises(ModelFileError, match="E501"):
        load(compiled().save(tmp_path / "model"))


def test_a_host_is_opened_from_its_directory(tmp_path: Path) -> None:
    host = new_host()
    host.save_pretrained(tmp_path / "host")
    grafted = graft(tmp_path / "host", compiled(), tokens=dict(enumerate(VOCAB)))
    ids, mask = next(iter(batches()))
    assert torch.equal(grafted(ids, mask).logits, host(ids, attention_mask=mask).logits)


def test_a_bidirectional_checkpoint_of_ours_is_no_host(tmp_path: Path) -> None:
    where = compiled(causal=False).save_pretrained(tmp_path / "reverse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(InputError, match=r"E480[\s\S]*not causal"):
            graft(where, compiled(), tokens=dict(enumerate(VOCAB)))


@pytest.mark.everyday(12)
@pytest.mark.parametrize(
    ("layers", "options", "code"),
    [
        (0, {}, "E480"),
        (2, {"variables": "nothing"}, "E417"),
        (2, {"variables": []}, "E484"),
        (2, {"variables": "hist", "at": "embed"}, "E484"),
        (2, {"at": "2.attn"}, "E484"),
        (2, {"at": "late"}, "E484"),
        (2, {"at": 1}, "E484"),
        (2, {"at": "1.attn", "replaces": [2]}, "E484"),
        (2, {"at": "1.attn", "replaces": []}, "E484"),
        (2, {"at": "1.mlp", "replaces": [0]}, "E484"),
        (2, {"variables": "tokens", "replaces": True}, "E484"),
        (2, {"trainable": "yes"}, "E484"),
        (2, {"variables": 3}, "E417"),
        (2, {"default": "z"}, "E482"),
        (2, {"tokens": {4: "a"}}, "E482"),
        (2, {"tokens": {"a": 0}}, "E482"),
        (2, {"tokens": {0: "z"}}, "E482"),
        (2, {"tokens": {}}, "E482"),
        (2, {"tokens": ["a", "b"]}, "E482"),
    ],
)
def test_what_does_not_fit_is_refused(layers: int, options: dict[str, Any], code: str) -> None:
    options = {"tokens": dict(enumerate(VOCAB))} | options
    with pytest.raises(InputError, match=code):
        graft(new_host(layers), compiled(), **options)


def test_a_program_deeper_than_its_host_is_refused_and_its_earlier_variables_are_not() -> None:
    model, tokens = compiled("sort"), dict(enumerate(VOCAB))
    deepest = max(v.written for v in model.manifest.variables)
    assert deepest.layer >= 1
    with pytest.raises(InputError, match=r"E480[\s\S]*1 layer"):
        graft(new_host(1), model, tokens=tokens)
    assert graft(new_host(1), model, tokens=tokens, variables="tokens").reads.at == "embed"


def test_a_program_of_which_nothing_is_held_is_refused() -> None:
    constant = rasplab.compile(rasplab.rasp.constant(1), vocab=VOCAB, max_length=4, causal=True)
    with pytest.raises(InputError, match=r"E481[\s\S]*holds no variable"):
        graft(new_host(), constant, tokens=dict(enumerate(VOCAB)))


def test_a_program_for_some_inputs_is_refused() -> None:
    model = compiled(inputs=["a", "ab", "abc"])
    with pytest.raises(InputError, match=r"E481"):
        graft(new_host(), model, tokens=dict(enumerate(VOCAB)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"input_ids": [[0, STRANGER]]}, "stands for no token"),
        ({"input_ids": [[0, 4]]}, "no token id of the host"),
        ({"input_ids": [[0] * (LENGTH + 1)]}, "more than the grafted"),
        ({"input_ids": [[0, 1]], "attention_mask": [[0, 1]]}, "padding"),
        ({"input_ids": [[0, 1]], "attention_mask": [[1]]}, "padding"),
        ({"input_ids": [[0.0, 1.0]]}, "whole numbers"),
        ({"input_ids": [0, 1]}, "whole numbers"),
        ({"input_ids": [[]]}, "whole numbers"),
        ({"input_ids": [[0, 1]], "inputs_embeds": [[0.0]]}, "inputs_embeds"),
    ],
)
def test_a_call_that_the_program_cannot_take_is_refused(call: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=rf"E483[\s\S]*{words}"):
        new_graft()(**{name: torch.tensor(given) for name, given in call.items()})


@pytest.mark.parametrize("ids", ["ab", None, [[0, 1]]], ids=str)
def test_what_is_no_tensor_is_no_batch(ids: Any) -> None:
    with pytest.raises(InputError, match=r"E483[\s\S]*whole numbers"):
        new_graft()(ids)


def test_what_is_no_model_is_no_graft() -> None:
    no_model: Any = rasplab.rasp.tokens
    with pytest.raises(InputError, match=r"E481[\s\S]*is no model"):
        graft(new_host(), no_model, tokens={0: "a"})


def test_a_cache_is_refused() -> None:
    with pytest.raises(InputError, match=r"E483[\s\S]*use_cache"):
        new_graft()(torch.tensor([[0, 1]]), use_cache=True)


def test_strangers_may_stand_for_one_token_and_padding_for_none() -> None:
    grafted = new_graft(default="b", variables="hist")
    ids = torch.tensor([[1, STRANGER, STRANGER, STRANGER]])
    mask = torch.tensor([[1, 1, 1, 0]])
    assert list(grafted.reading("hist", ids, mask)[0]) == [1, 2, 3]
    strict = new_graft(variables="hist")
    ids = torch.tensor([[1, 1, 0, STRANGER]])
    assert list(strict.reading("hist", ids, mask)[0]) == [1, 2, 1]
    assert strict(ids, mask).logits.shape == (1, 4, 4)


class Tokenizer:
    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def get_vocab(self) -> dict[str, int]:
        return {text: number for number, text in enumerate(self.texts)}


def test_tokenizers_agree_by_what_tokens_are_written_as() -> None:
    grafted = graft(new_host(), compiled(), tokens=Tokenizer("c", "Ġa", "b", "a"))
    assert list(grafted.reading("tokens", torch.tensor([[0, 1, 2, 3]]))[0]) == ["c", "a", "b", "a"]
    with pytest.raises(InputError, match=r"E482[\s\S]*no token for 'c'"):
        graft(new_host(), compiled(), tokens=Tokenizer("a", "b", "d"))


def test_tokens_that_are_written_alike_are_refused() -> None:
    model = rasplab.compile(rasplab.rasp.tokens, vocab=(1, "1"), max_length=3, causal=True)
    with pytest.raises(InputError, match=r"E482[\s\S]*written alike"):
        graft(new_host(), model, tokens=Tokenizer("1", "2"))
