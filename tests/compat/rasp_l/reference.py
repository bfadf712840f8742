"""np-RASP by its definition, on NumPy arrays alone: what rasplab.compat.rasp_l is compared with.

Written from the description of the functions; each key and query is looked at, one by one.
"""

import numpy as np


def _ints(values):
    return np.array(list(values)).astype(int)


def full(x, const):
    found = np.empty(len(x), dtype=int)
    found[:] = const
    return found


def indices(x):
    return _ints(range(len(x)))


def tok_map(x, func):
    return _ints(func(element) for element in x)


def seq_map(x, y, func):
    return _ints(func(a, b) for a, b in zip(x, y, strict=True))


def select(k, q, pred, causal=True):
    n = len(k)
    rows = [[bool(pred(k[j], q[i])) and (j <= i or not causal) for j in range(n)] for i in range(n)]
    return np.array(rows, dtype=bool).reshape(n, n)


def sel_width(A):
    return _ints(sum(bool(chosen) for chosen in row) for row in A)


def aggr_mean(A, v, default=0):
    found = []
    for row in A:
        chosen = v[row]
        if not len(chosen):
            found.append(int(default))
        elif v.dtype == bool:  # NumPy's dot product of booleans is `any`
            found.append(int(bool(chosen.any()) / len(chosen)))
        else:
            found.append(int(chosen.sum() / len(chosen)))
    return _ints(found)


def aggr_max(A, v, default=0):
    otherwise = np.full_like(v, default, shape=1)[0]
    return _ints(max(v[row]) if row.any() else otherwise for row in A)


def aggr_min(A, v, default=0):
    return -aggr_max(A, -v, -default)


def aggr(A, v, default=0, reduction="mean"):
    return {"mean": aggr_mean, "max": aggr_max, "min": aggr_min}[reduction](A, v, default)


def kqv(k, q, v, pred, default=0, reduction="mean", causal=True):
    return aggr(select(k, q, pred, causal), v, default, reduction)


def equals(x, y):
    return x == y


def leq(x, y):
    return x <= y


def lt(x, y):
    return x < y


def geq(x, y):
    return x >= y


def gt(x, y):
    return x > y


def _past(x, i):
    return list(x[: i + 1])


def shift_right(x, n, default=0):
    n_ = len(x)
    return _ints(
        int(x[i - n]) if 0 <= i - n <= i and i - n < n_ else int(default) for i in range(n_)
    )


def cumsum(bool_array):
    return _ints(sum(bool(e) for e in _past(bool_array, i)) for i in range(len(bool_array)))


def where(condition, x_if, y_else):
    return _ints(int(a) if c else int(b) for c, a, b in zip(condition, x_if, y_else, strict=True))


def mask(x, bool_mask, mask_val=0):
    return where(bool_mask, x, full(x, mask_val))


def maximum(x):
    return _ints(max(_past(x, i)) for i in range(len(x)))


def minimum(x):
    return _ints(min(_past(x, i)) for i in range(len(x)))


def argmax(x):
    return _ints(
        max(j for j, e in enumerate(_past(x, i)) if e == max(_past(x, i))) for i in range(len(x))
    )


def argmin(x):
    return argmax(-x)


def num_prev(x, queries):
    return _ints(_past(x, i).count(queries[i]) for i in range(len(x)))


def has_seen(x, queries):
    return _ints(queries[i] in _past(x, i) for i in range(len(x)))


def _where_is(x, queries, default, choose):
    found = []
    for i in range(len(x)):
        places = [j for j, e in enumerate(_past(x, i)) if e == queries[i]]
        found.append(choose(places) if places else int(default))
    return _ints(found)


def firsts(x, queries, default=-1):
    return _where_is(x, queries, default, min)


def lasts(x, queries, default=-1):
    return _where_is(x, queries, default, max)


def index_select(x, idx, default=0):
    return _ints(int(x[int(j)]) if 0 <= j <= i else int(default) for i, j in enumerate(idx))


def first_true(x, default=-1):
    return _ints(
        next((j for j, e in enumerate(_past(x, i)) if e == 1), int(default)) for i in range(len(x))
    )


def mode(x):
    return index_select(x, argmax(num_prev(x, x)))


def binary_mode(x):
    return _ints(_past(x, i).count(1) > _past(x, i).count(0) for i in range(len(x)))


def induct_kqv(k, q, v, offset, default=0, null_val=-999):
    at = firsts(shift_right(k, offset, default=null_val), q, default=null_val)
    return index_select(v, at, default=default)


def induct(k, q, offset, default=0, null_val=-999):
    return induct_kqv(k, q, k, offset, default, null_val)


def induct_prev(k, q, offset, default=0, null_val=-999):
    return index_select(k, firsts(k, q, default=null_val) + offset, default=default)
