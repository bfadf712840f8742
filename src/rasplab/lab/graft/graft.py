"""Putting a compiled program into a GPT-2, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, require, shown
from rasplab.rasp.values import Value
from rasplab.weights import ModelWeights, Site
from rasplab.weights.architecture import EMBED
from rasplab.weights.artefact import VariablePlace
from rasplab.weights.named import unknown

if TYPE_CHECKING:
    from rasplab.lab.graft.grafted import Graft
    from rasplab.model import Model


def graft(
    host: object,
    model: Model,
    *,
    tokens: object,
    default: Value = None,
    variables: str | Iterable[str] | None = None,
    at: Site | str | None = None,
    replaces: bool | Iterable[int] = False,
    trainable: bool = False,
) -> Graft:
    """A GPT-2 with a compiled program beside it, which it can learn to read.

    The program's heads and hidden units work along columns of their own, beside the host's stream:
    the host's layer norms, heads and units see its own columns alone, and the program's have no
    norm. At one site of the host a linear map without bias, zero at first, adds what it reads of
    the program's variables to the host's stream. Until it is trained the host's outputs are what
    they were, to the last bit, and the variables are what `model` computes, as it is proved to.

    The host is not copied: to train the graft trains it, unless its parameters are frozen. Alone
    it still runs without the program.

    Args:
        host: a `GPT2LMHeadModel`, or a directory that holds one.
        model: compiled with `causal=True`, as the host is causal.
        tokens: which token of the program's vocabulary each token id of the host stands for; or a
            tokenizer, whose tokens stand for those that are written as they are (a space before
            one does not matter).
        default: the token of the vocabulary that all other ids stand for; without it they are
            refused where they come up.
        variables: the names of those that are read; by default all that stand in the stream when
            the program has been run.
        at: the site of the host after which they are read, such as `"0.attn"`: by default the one
            at which the last of them has been written, and none before.
        replaces: True for a graft instead of what the host's half-layer `at` writes, or the
            numbers of the heads there that it stands for. The host's outputs then do change.
        trainable: whether the program's own weights learn as well.

    Raises:
        InputError: E480 a host that cannot take this graft, E481 a model that cannot be grafted,
            E482 tokens that do not go together, E484 places that there are not, E417 a variable
            that there is not.
        MissingExtraError: E602, transformers is not installed.

    >>> import rasplab, torch
    >>> from transformers import GPT2Config, GPT2LMHeadModel
    >>> from rasplab.lab.graft import graft
    >>> shape = dict(vocab_size=3, n_positions=8, n_embd=8, n_layer=1, n_head=2)
    >>> host = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=None, eos_token_id=None)).eval()
    >>> program, vocab = rasplab.programs.get("hist").at(3, 8)
    >>> model = rasplab.compile(program, vocab=vocab, max_length=8, causal=True)
    >>> grafted = graft(host, model, tokens=dict(enumerate(vocab))).eval()
    >>> ids = torch.tensor([[0, 1, 0, 0]])
    >>> print(*grafted.reading("hist", ids))
    hist (0.attn): 1, 1, 2, 3
    >>> torch.equal(grafted(ids).logits, host(ids).logits)
    True
    """
    require("transformers", extra="hf", purpose="a graft")
    from rasplab.lab.graft.grafted import Graft, Reads
    from rasplab.lab.graft.hosts import check_place, check_replaced, read_host
    from rasplab.lab.graft.words import read_words

    weights = _weights_of(model)
    if trainable not in (True, False):
        raise InputError(
            diagnostic("E484", f"`trainable` is True or False, not {shown(trainable)}")
        )
    read = _read(weights, variables)
    needed = max((place.written for place in read), default=EMBED)
    opened = read_host(host)
    site = check_place(opened, needed if at is None else at, needed)
    heads = check_replaced(opened, site, replaces)
    words = read_words(opened.config.vocab_size, weights.config, tokens, default)
    return Graft(opened, weights, Reads(tuple(read), needed, site, heads), words, trainable)


def _weights_of(model: object) -> ModelWeights:
    weights = getattr(model, "weights", None)
    if not isinstance(weights, ModelWeights):
        why = f"{shown(model)} is no model"
        raise _no_graft(why, "take a model as `rasplab.compile` makes it")
    if not weights.config.causal:
        raise _no_graft("it looks at later positions", "compile it with `causal=True`")
    if weights.circuit.inputs is not None:
        why = "it equals its program on the inputs for which it was declared, and a host has others"
        raise _no_graft(why, "graft a program that is meant for every input")
    return weights


def _no_graft(why: str, help: str) -> InputError:
    return InputError(
        diagnostic("E481", "this model cannot be grafted into a GPT-2", notes=[why], help=help)
    )


def _read(weights: ModelWeights, names: str | Iterable[str] | None) -> list[VariablePlace]:
    """The places that are read, each once; all of an expression's that bears a name."""
    last = weights.config.architecture.last
    known = [place for place in weights.circuit.variables if not place.marks_bos]
    if names is None:
        kept = [place for place in known if place.lives_at(last)]
        if not kept:
            raise _no_graft(
                "it holds no variable that could be read, as its output is always the same",
                "graft a program that computes something of its input",
            )
        return kept
    if not hasattr(names, "__iter__"):
        raise InputError(unknown("variable", _text(names), [p.name for p in known]))
    wanted = list(dict.fromkeys([names] if isinstance(names, str) else names))
    found: list[VariablePlace] = []
    for name in wanted:
        place = next((place for place in known if place.name == name), None)
        if place is None:
            raise InputError(unknown("variable", _text(name), [p.name for p in known]))
        found.append(place)
    needed = max((place.written for place in found), default=EMBED)
    for place in found:
        if not place.lives_at(needed):
            raise InputError(_gone(place, needed))
    if not found:
        raise InputError(
            diagnostic("E484", "a graft reads no variable", help="name one, or leave it to all")
        )
    return found


def _text(name: object) -> str:
    return name if isinstance(name, str) else shown(name)


def _gone(place: VariablePlace, site: Site) -> Diagnostic:
    return diagnostic(
        "E484",
        f"the variable {place.name!r} no longer stands at {site}, where the last one read does",
        help="name variables that stand together, or compile with `optimize=1`, which keeps all",
    )
