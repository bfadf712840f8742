"""From the token ids of a host to those of a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.rasp.values import Value, identity
from rasplab.weights import BOS_ID, PAD_ID, Config

NOTHING = -1
"""In place of the id of a token, where a host's stands for none."""
SPACES = "Ġ▁ "
"""What tokenizers write for a space before a word."""
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Words:
    """The program's token id for each of the host's, `NOTHING` where there is none."""

    ids: tuple[int, ...]

    def encode(self, table: Tensor, ids: Tensor, mask: Tensor | None, config: Config) -> Tensor:
        """Ids of the program (b n+1), BOS first, for ids of the host (b n); PAD where masked.

        Raises:
            InputError: E483 for ids, lengths or masks that the program does not take.
        """
        _check_shape(ids, mask, config)
        held = torch.ones_like(ids, dtype=torch.bool) if mask is None else mask.bool()
        inside = (ids >= 0) & (ids < len(table))
        if bool((held & ~inside).any()):
            raise InputError(_no_id(ids[held & ~inside], len(table)))
        own = table[torch.where(inside, ids, 0).long()]  # bytes would be taken for a mask
        if bool((held & (own == NOTHING)).any()):
            raise InputError(_unmapped(ids[held & (own == NOTHING)]))
        own = torch.where(held, own, PAD_ID)
        return torch.cat([own.new_full((len(own), 1), BOS_ID), own], dim=1)


def read_words(size: int, config: Config, tokens: object, default: Value) -> Words:
    """What each of the host's token ids stands for, of which there are `size`.

    Raises:
        InputError: E482 for a mapping, a tokenizer or a default that does not fit.
    """
    known = config.token_ids()
    rest = NOTHING if default is None else _id_of(known, config, default)
    ids = [rest] * size
    pairs = (
        cast("Mapping[object, Value]", tokens)
        if isinstance(tokens, Mapping)
        else _by_text(tokens, config)
    )
    for number, token in pairs.items():
        if type(number) is not int or not 0 <= number < size:
            raise _disagree(
                f"{shown(number)} is no token id of the host: they go from 0 to {size - 1}",
                "map the ids of the host to tokens of the program",
            )
        ids[number] = _id_of(known, config, token)
    if not pairs:
        raise _disagree("no token of the host stands for one of the program", "map some ids")
    return Words(tuple(ids))


def _id_of(known: Mapping[object, int], config: Config, token: Value) -> int:
    try:
        return known[identity(token)]
    except (KeyError, TypeError):
        raise _disagree(
            f"{shown(token)} is not in the program's vocabulary",
            f"it has {_some(config.vocabulary)}",
        ) from None


def _by_text(tokenizer: object, config: Config) -> dict[int, Value]:
    """The ids whose text is that of a token, with a space before it or without."""
    get_vocab = getattr(tokenizer, "get_vocab", None)
    if not callable(get_vocab):
        raise _disagree(
            f"{shown(tokenizer)} is neither a mapping nor a tokenizer",
            "map ids of the host to tokens of the program, such as {0: 'a', 1: 'b'}",
        )
    texts: dict[str, Value] = {}
    for token in config.vocabulary:
        if str(token) in texts:
            raise _disagree(
                f"{texts[str(token)]!r} and {token!r} of the program are written alike",
                "map ids to tokens yourself",
            )
        texts[str(token)] = token
    found: dict[int, Value] = {}
    for text, number in cast("dict[str, int]", get_vocab()).items():
        bare = text if text in texts else text.lstrip(SPACES)
        if bare in texts:
            found[number] = texts[bare]
    missing = [token for token in config.vocabulary if token not in found.values()]
    if missing:
        raise _disagree(
            f"the host's tokenizer has no token for {_some(missing)}",
            "compile for words that it has, or map ids to tokens yourself",
        )
    return found


def _check_shape(ids: object, mask: Tensor | None, config: Config) -> None:
    if not isinstance(ids, Tensor):
        raise InputError(_no_ids(shown(ids)))
    if ids.ndim != 2 or not ids.shape[1] or ids.is_floating_point():
        raise InputError(_no_ids(f"{tuple(ids.shape)} of {ids.dtype}"))
    if ids.shape[1] > config.max_length:
        raise InputError(
            diagnostic(
                "E483",
                f"{ids.shape[1]} positions are more than the grafted program takes",
                notes=[f"it was compiled for at most {config.max_length}"],
                help="compile it with a larger `max_length`",
            )
        )
    if mask is not None and (mask.shape != ids.shape or bool((mask.diff(dim=1) > 0).any())):
        raise InputError(
            diagnostic(
                "E483",
                "the padding of a batch must come after its tokens",
                notes=["a program counts positions from the first token"],
                help="pad on the right, with a mask (sequences × positions) that is 0 there",
            )
        )


def _no_ids(given: str) -> Diagnostic:
    return diagnostic(
        "E483",
        f"token ids are a tensor of whole numbers, sequences × positions, not {given}",
        help="give one sequence as a batch of one",
    )


def _no_id(ids: Tensor, size: int) -> Diagnostic:
    return diagnostic(
        "E483",
        f"the token id {int(ids[0])} is no token id of the host",
        help=f"they go from 0 to {size - 1}",
    )


def _unmapped(ids: Tensor) -> Diagnostic:
    return diagnostic(
        "E483",
        f"the token id {int(ids[0])} stands for no token of the program",
        help="map it in `tokens`, or give a `default` for all others when grafting",
    )


def _disagree(why: str, help: str) -> InputError:
    return InputError(
        diagnostic(
            "E482", "the tokens of host and program do not go together", notes=[why], help=help
        )
    )


def _some(values: Sequence[Value]) -> str:
    more = ", …" if len(values) > _SHOWN else ""
    return ", ".join(map(repr, values[:_SHOWN])) + more
