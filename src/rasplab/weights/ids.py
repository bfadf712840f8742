"""Token ids that others made: whether they are rows as `encode` makes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rasplab.diagnostics import InputError, diagnostic
from rasplab.weights.config import BOS_ID, PAD_ID, Config

_HELP = "`model.encode([sequence])` makes them: BOS, the tokens, PAD up to the longest sequence"


def rows_of(embedding: NDArray[np.floating], ids: NDArray[np.integer]) -> NDArray[np.floating]:
    """The row of each token id; what is none is not read as another token's.

    Raises:
        InputError: E402.
    """
    known = len(embedding)
    if ids.min(initial=0) >= 0:
        try:
            return embedding[ids]
        except IndexError:
            pass
    if ids.dtype.kind not in "iu":
        title = f"token ids are whole numbers, not {ids.dtype}"
        raise InputError(diagnostic("E402", title, help=_HELP))
    wrong = int(ids[(ids < 0) | (ids >= known)].flat[0])
    title = f"{wrong} is no token id: there are 0 to {known - 1}"
    raise InputError(diagnostic("E402", title, help=_HELP))


def check_positions(config: Config, positions: int) -> None:
    """Refuse more positions, BOS among them, than the model has.

    Raises:
        InputError: E405.
    """
    if positions > config.n_ctx:
        raise InputError(
            diagnostic(
                "E405",
                f"the batch has {positions} positions with BOS; "
                f"the model takes at most {config.n_ctx}",
                help="compile with a larger `max_length`",
            )
        )


def check_rows(ids: NDArray[np.integer]) -> None:
    """Refuse rows that do not begin with BOS, or have PAD before a token.

    Raises:
        InputError: E402.
    """
    padded = ids == PAD_ID
    if not (ids[:, :1] == BOS_ID).all() or ids.shape[1] == 0:
        why = "a row of token ids does not begin with BOS"
    elif (padded[:, :-1] & ~padded[:, 1:]).any():
        why = "a row of token ids has PAD before a token"
    else:
        return
    raise InputError(diagnostic("E402", why, help=_HELP))
