"""Random np-RASP programs: functions and operators over what was computed before."""

import operator
from random import Random

FUNCTIONS = (operator.add, operator.sub, lambda a, b: a * 2 - b, lambda a, b: a and not b)
UNARY = (lambda a: a // 2, lambda a: a % 3, lambda a: a > 1, lambda a: a / 2, lambda a: -a)
PREDICATES = ("equals", "leq", "lt", "geq", "gt", lambda k, q: k, lambda k, q: (k + q) % 2)
OPERATORS = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.floordiv,
    operator.mod,
    operator.and_,
    operator.or_,
    operator.xor,
    operator.eq,
    operator.lt,
    operator.ge,
)
OF_ONE = ("indices", "cumsum", "maximum", "minimum", "argmax", "argmin", "mode", "binary_mode")
OF_TWO = ("num_prev", "has_seen", "firsts", "lasts", "index_select")


def program(random: Random, steps: int):
    """A function `(dialect, x)`, which computes the same with every module of np-RASP's names."""
    chosen = [(random.choice(STEPS), random.randrange(2**30)) for _ in range(steps)]

    def run(dialect, x):
        pool = [x, dialect.indices(x), x > 1]
        for step, seed in chosen:
            pool.append(step(dialect, pool, Random(seed)))
        return pool[-1]

    return run


def _pick(pool, random):
    return pool[-1] if random.random() < 0.4 else random.choice(pool)


def _predicate(dialect, random):
    found = random.choice(PREDICATES)
    return getattr(dialect, found) if isinstance(found, str) else found


def _operator(dialect, pool, random):
    other = random.choice((_pick(pool, random), random.randrange(-2, 4)))
    return random.choice(OPERATORS)(_pick(pool, random), other)


def _unary_operator(dialect, pool, random):
    return random.choice((operator.invert, operator.neg, abs))(_pick(pool, random))


def _tok_map(dialect, pool, random):
    return dialect.tok_map(_pick(pool, random), random.choice(UNARY))


def _seq_map(dialect, pool, random):
    func = random.choice((*FUNCTIONS, dialect.equals, dialect.gt))
    return dialect.seq_map(_pick(pool, random), _pick(pool, random), func)


def _kqv(dialect, pool, random):
    k, q, v = (_pick(pool, random) for _ in range(3))
    return dialect.kqv(
        k,
        q,
        v,
        _predicate(dialect, random),
        default=random.randrange(-1, 3),
        reduction=random.choice(("mean", "max", "min")),
    )


def _width(dialect, pool, random):
    A = dialect.select(_pick(pool, random), _pick(pool, random), _predicate(dialect, random))
    B = dialect.select(_pick(pool, random), _pick(pool, random), _predicate(dialect, random))
    return dialect.sel_width(random.choice((A, A & B, A | B)))


def _where(dialect, pool, random):
    return dialect.where(*(_pick(pool, random) for _ in range(3)))


def _mask(dialect, pool, random):
    return dialect.mask(_pick(pool, random), _pick(pool, random), random.randrange(-1, 3))


def _library(dialect, pool, random):
    if random.random() < 0.5:
        return getattr(dialect, random.choice(OF_ONE))(_pick(pool, random))
    return getattr(dialect, random.choice(OF_TWO))(_pick(pool, random), _pick(pool, random))


def _shift(dialect, pool, random):
    return dialect.shift_right(_pick(pool, random), random.randrange(4), random.randrange(-1, 2))


def _induct(dialect, pool, random):
    k, q = _pick(pool, random), _pick(pool, random)
    if random.random() < 0.5:
        return dialect.induct_prev(k, q, -random.randrange(3))
    return dialect.induct(k, q, random.randrange(3))


STEPS = (
    _operator,
    _operator,
    _unary_operator,
    _tok_map,
    _seq_map,
    _kqv,
    _kqv,
    _width,
    _where,
    _mask,
    _library,
    _library,
    _shift,
    _induct,
)
