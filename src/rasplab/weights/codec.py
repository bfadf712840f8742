"""Tokens to ids and outputs to values: what stands between a person and the arrays."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import Diagnostic, InputError, diagnostic, shown
from rasplab.rasp.sequence import plain, read_sequence
from rasplab.rasp.values import Value, canonical, identity
from rasplab.weights.config import BOS_ID, PAD_ID, Config
from rasplab.weights.ids import check_rows


def encode(config: Config, sequences: Sequence[Iterable[object]]) -> NDArray[np.intp]:
    """Token ids (batch × positions): BOS, the tokens, PAD up to the longest sequence.

    Raises:
        InputError: E401 empty, E402 not a token, E404 not in the vocabulary, E405 too long.
    """
    ids = config.token_ids()
    rows = [[BOS_ID, *_row(config, ids, sequence)] for sequence in read_batch(sequences)]
    # also of no sequences the array has two axes, as who runs it expects
    width = max((len(row) for row in rows), default=1)
    return np.array([row + [PAD_ID] * (width - len(row)) for row in rows], np.intp).reshape(
        len(rows), width
    )


def read_batch(sequences: object) -> list[Iterable[Any]]:
    """A list of sequences; what is none is refused (E402): a single string or list of numbers."""
    if isinstance(sequences, str):
        given = shown(sequences)
        help = f"for one sequence write `model({given})`, or put it into a list, `[{given}]`"
        raise InputError(
            diagnostic("E402", f"a batch is a list of sequences, not {given}", help=help)
        )
    if not isinstance(sequences, Iterable):
        raise InputError(
            diagnostic(
                "E402",
                f"a batch is a list of sequences, not {shown(sequences)}",
                help="put sequences into a list, also if there is only one",
            )
        )
    batch = list(cast("Iterable[Any]", plain(cast(object, sequences))))
    for sequence in batch:
        if isinstance(sequence, int | float) and not isinstance(sequence, Iterable):
            raise InputError(
                diagnostic(
                    "E402",
                    f"a sequence is a string or a list of tokens, not {shown(sequence)}",
                    help=f"put it into a list: `[{shown(sequence)}]`"
                    if any(isinstance(other, Iterable) for other in batch)
                    else f"one sequence is written `model({shown(batch)})`",
                )
            )
    return batch


def _row(config: Config, ids: Mapping[object, int], sequence: Iterable[object]) -> list[int]:
    tokens = read_sequence(sequence)
    if len(tokens) > config.max_length:
        raise InputError(
            diagnostic(
                "E405",
                f"the sequence has {len(tokens)} tokens; the model takes at most "
                f"{config.max_length}",
                help=_text_hint(config, sequence) or "compile with a larger `max_length`",
            )
        )
    found: list[int] = []
    for position, token in enumerate(tokens):
        number = ids.get(identity(token))
        if number is None:
            raise InputError(_unknown(config, sequence, token, position))
        found.append(number)
    return found


def _unknown(config: Config, sequence: object, token: Value, position: int) -> Diagnostic:
    known = ", ".join(map(repr, config.vocabulary[:12])) + (
        ", …" if len(config.vocabulary) > 12 else ""
    )
    return diagnostic(
        "E404",
        f"{token!r} at position {position} is not in the vocabulary",
        notes=[f"the vocabulary is {known}"],
        help=_text_hint(config, sequence)
        or _batch_hint(config, sequence, token)
        or _token_hint(config, token)
        or "give tokens of this vocabulary, or compile for one that has it",
    )


def _text_hint(config: Config, sequence: object) -> str | None:
    """Where a string was given, and its words or its numbers are tokens: how to write those."""
    if not isinstance(sequence, str):
        return None
    texts = {str(token): token for token in config.vocabulary}
    if sequence in texts:
        return f"a string is its characters; for this one token write `[{texts[sequence]!r}]`"
    words = sequence.split()
    if len(words) > 1 and all(word in config.vocabulary for word in words):
        return f"a string is its characters; for its words write `{shown(sequence)}.split()`"
    parts = words if len(words) > 1 else list(sequence)
    tokens = [texts.get(part) for part in parts]
    if None not in tokens and tokens != list(sequence):
        return f"a string is its characters, which are texts; write `{shown(tokens)}`"
    return None


def _batch_hint(config: Config, sequence: object, token: Value) -> str | None:
    if isinstance(sequence, str) or not isinstance(token, str) or len(token) < 2:
        return None
    if all(character in config.vocabulary for character in token):
        return f"for several sequences use `model.batch([{shown(token)}, ...])`"
    return None


def _token_hint(config: Config, token: Value) -> str | None:
    alike = [t for t in config.vocabulary if str(t) == str(token)]
    if alike:
        return f"the vocabulary has {alike[0]!r}, which is another value"
    if isinstance(token, int) and not any(isinstance(t, int | float) for t in config.vocabulary):
        return "token ids are for `model.torch()` and exported models; give the tokens themselves"
    close = difflib.get_close_matches(str(token), [str(t) for t in config.vocabulary], 1)
    return f"did you mean {close[0]!r}?" if close else None


def decode(config: Config, out: NDArray[np.floating], lengths: Sequence[int]) -> list[list[Value]]:
    """The values of a read-out (batch × positions × d_out), BOS and padding left out.

    Raises:
        InputError: E402, it holds what is not a number.
    """
    if np.isnan(out).any() and any(
        np.isnan(row[1 : n + 1]).any() for row, n in zip(out, lengths, strict=True)
    ):
        raise InputError(
            diagnostic(
                "E402",
                "this read-out holds what is not a number",
                notes=["nothing that was compiled gives that for its own tokens"],
                help="look for weights, activations or ids that were changed, or for a number "
                "format that does not hold them",
            )
        )
    if config.output_values is not None:
        values, chosen = config.output_values, out.argmax(axis=-1).tolist()
        return [
            [values[place] for place in row[1 : length + 1]]
            for row, length in zip(chosen, lengths, strict=True)
        ]
    return [
        [_number(config, column) for column in row[1 : length + 1]]
        for row, length in zip(out, lengths, strict=True)
    ]


def decode_ids(
    config: Config,
    out: object,
    ids: object,
    *,
    words: int | None = None,
    of: Sequence[int] = (),
) -> list[list[Value]]:
    """The values of a read-out for token ids (batch × positions), in arrays of any kind.

    The read-out has a column for each that the model writes; or one for each of so many `words`,
    `of` which these are the columns.

    Raises:
        InputError: E402 for what is no read-out for these ids, and for other rows of ids than
            `encode` makes.
    """
    logits, rows = as_array(out), as_array(ids)
    width = config.d_out if words is None else words
    if rows.ndim != 2 or logits.shape != (*rows.shape, width):
        raise InputError(
            diagnostic(
                "E402",
                f"no read-out for token ids: arrays of the shapes {logits.shape} and {rows.shape}",
                notes=[f"they are batch × positions × {width}, and batch × positions"],
                help="for `module = model.torch()` write `ids = module.encode([sequence])`, then "
                "`model.decode(module(ids), ids)`",
            )
        )
    check_rows(rows)
    logits = logits if words is None else logits[..., list(of)]
    return decode(config, logits, [int(row.sum()) - 1 for row in rows != PAD_ID])


def as_array(given: Any) -> NDArray[Any]:
    """An array or tensor of any library, on any device, with a gradient or without.

    What is none, rows of different lengths too, is an array without axes.
    """
    if hasattr(given, "detach"):  # PyTorch's; NumPy has no bfloat16
        held = given.detach().cpu()
        given = held.double() if held.is_floating_point() else held
    try:
        found = np.asarray(given)
        if found.dtype.kind in "OV":  # numbers of Python, or of a format that NumPy has not
            found = found.astype(np.float64)
    except (TypeError, ValueError):
        return np.zeros(())
    return found if found.dtype.kind in "biuf" else np.zeros(())


def _number(config: Config, column: NDArray[np.floating]) -> Value:
    if config.output_undefined and column[1] > 0.5:
        return None
    number = float(column[0])
    if config.output_unit is not None:
        number = round(number / config.output_unit) * config.output_unit
    return canonical(number)
