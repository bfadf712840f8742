#!/usr/bin/env python3
# fmt: off
# pyright: basic
"""Prove, with nothing but Python's standard library, that a saved model computes what it says.

    python standalone.py MODEL_DIR

Exit status 0 and a table: proved. 1 and the reason: not proved. 2: this script cannot follow it.

THE CLAIM. `circuit.json` states a value for every block (a head, or a run of hidden units) as a
table over the variables that the block reads, and how each value stands on the columns of the
residual stream. We prove that at every position of every input, in whatever order the machine adds
up, every block writes the coordinates of the right value to within the error that is printed, and
that the right output is decided. What is taken from the statement as given is printed. Which keys
a query sees besides BOS and itself plays no part: the bounds hold of any such set. That the
statement is the program's is for others to check.

THE MEANS. What should be is exact rationals (all stored numbers are m/2^k). Errors are rationals,
too, rounded up now and then. Of the machine we use four facts (u = 2^-p for p bits):
 1. A sum of t products, in any order, with or without fused multiply-add, is within γ_t·Σ|term|
    of the true sum, γ_t = t·u/(1 - t·u) (Higham, Accuracy and Stability, 3.1); where products
    underflow, within the format's least normal number a term more.
 2. If all terms are multiples of q = 2^-k and Σ|term| ≤ 2^p·q, then it is exact: all partial sums
    are multiples of q and at most 2^p·q, and the format has these.
 3. exp is right to 8 units in the last place, exp(0) = 1, and exp(x) is 0 where e^x < 2^-160 (of
    float64 that is not assumed); a kernel may rescale what it has up to 4 times.
 4. Nothing overflows while sums of sizes stay below a quarter of the largest number: checked.
"""

import functools
import json
import math
import re
import struct
import sys
from fractions import Fraction as Q
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

FORMATS = {  # bits of the significand; exponents of the largest and of the least normal number
    "float64": (53, 1023, -1022),
    "float32": (24, 127, -126),
    "bfloat16": (8, 127, -126),
    "float16": (11, 15, -14),
}
ZERO, ONE = Q(0), Q(1)


class Refuted(Exception):
    """It cannot be proved."""


class NotFollowed(Exception):
    """It is beyond this script."""


def need(condition, reason):
    if not condition:
        raise Refuted(reason)


def up(x):
    """A rational with few digits that is at least x ≥ 0."""
    k = x.denominator.bit_length() - x.numerator.bit_length() + 64
    short = x.denominator < 2**200 or k <= 0
    return x if short else Q(-((-x.numerator << k) // x.denominator), 1 << k)


def exp_between(x):
    """Rationals around e^x. That a library's exp is right to 2^-40 is little to ask."""
    need(x < 600, "scores lie too far apart")
    if x < -600:
        return ZERO, Q(1, 2**860)  # e^-600 = 2^-865.6
    return Q(math.exp(float(x))) * (1 - Q(1, 2**40)), Q(math.exp(float(x))) * (1 + Q(1, 2**40))


# ---------------------------------------------------------------- files


def read_arrays(path):
    """model.safetensors: 8 bytes of length, a JSON header, then the numbers, least byte first."""
    data, arrays = path.read_bytes(), {}
    size = struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            start, stop = (8 + size + offset for offset in entry["data_offsets"])
            raw, count = data[start:stop], math.prod(entry["shape"])
            if entry["dtype"] == "BF16":  # the upper half of a float32
                raw = b"".join(b"\0\0" + raw[i : i + 2] for i in range(0, len(raw), 2))
            letter = {"F64": "d", "F32": "f", "F16": "e", "BF16": "f"}[entry["dtype"]]
            arrays[name] = entry["shape"], struct.unpack(f"<{count}{letter}", raw)
    return arrays


def identity(value):
    """The same for the same value of the language: 2 is 2.0, but not True."""
    if isinstance(value, dict):
        return "tuple", *map(identity, value["tuple"])
    if isinstance(value, bool | str | None):
        return type(value).__name__, value
    return "number", Q(value)


def is_number(value):
    return isinstance(value, int | float)  # True and False count as 1 and 0


class Table:
    """The statement of a value: a code (its place in `values`) per combination of values of some
    variables, the first variable's varying slowest. -1: they never occur together."""

    def __init__(self, data):
        if "codes" not in data or "variables" not in data:
            raise NotFollowed("a value is stated as a sum, or along a line, not as a table")
        self.names, self.shape, self.values = data["variables"], data["shape"], data["values"]
        self.codes = [int(c) for c in data["codes"].split()]
        fits = len(set(self.names)) == len(self.shape) == len(self.names)
        need(fits and len(self.codes) == math.prod(self.shape), "a table has another shape")
        need(min(self.codes, default=-1) >= -1 < max(self.codes, default=-1), "a table's codes")
        need(" ".join(map(str, self.codes)) == data["codes"], "a table's codes")
        self.cells = list(zip(product(*map(range, self.shape)), self.codes, strict=True))


class Held:
    """A variable: its columns; per value its coordinates and how far off; the same at BOS."""

    def __init__(self, name, lane, rows, values=(), err=None):
        self.name, self.lane, self.rows, self.values = name, lane, rows, values
        self.err = err or [[ZERO] * len(lane) for _ in rows]
        self.bos, self.bos_err = [ZERO] * len(lane), [ZERO] * len(lane)
        self.index = {identity(v): i for i, v in enumerate(values)}
        self.by_position, self.code, self.written = False, {}, ""


class Sum(NamedTuple):
    """Σ of products: its value if all that is read were ideal; how far what is read can move it;
    Σ|term|; how many terms are not 0; a power of two that makes whole numbers of them all."""

    value: Q = ZERO
    err: Q = ZERO
    size: Q = ZERO
    terms: int = 0
    den: int = 1

    def plus(self, o):
        """Both added up."""
        return Sum(self.value + o.value, self.err + o.err, self.size + o.size,
                   self.terms + o.terms, max(self.den, o.den))


def constant(x):
    return Sum(x, ZERO, abs(x), int(x != 0), x.denominator)


def total(sums):
    return functools.reduce(Sum.plus, sums, Sum())


def largest(sums):
    return Sum(ZERO, *map(max, list(zip(*sums, strict=True))[1:]))


def around(sums):
    """One that stands for any of some: its error covers them all."""
    low, high = min(s.value - s.err for s in sums), max(s.value + s.err for s in sums)
    return largest(sums)._replace(value=(low + high) / 2, err=(high - low) / 2)


def ends(s, by=ZERO):
    return s.value - s.err - by, s.value + s.err + by


class Scores:
    """`chosen`: where the scores of chosen keys lie (of the lowest level); for one query they are
    within `spread` of each other, and `gap` above those of all others but BOS. `others`: the most
    that a key has for which a comparison fails. `bos`: where the score of BOS lies for any other
    query. `at_bos`: how far it is above any other key's for BOS as the query. Each may be rounded
    by `by`. (`parts`: per comparison where it holds and where not, None if that cannot be.)"""

    def __init__(self, parts, levels, rest, by, bos, at_bos):
        low, high = (rest[i] + sum(holds[i] for holds, _ in parts if holds) for i in (0, 1))
        tops = [max(r[1] for r in part if r) for part in parts]
        failing = [sum(tops) - top + fails[1] + rest[1] + by
                   for (_, fails), top in zip(parts, tops, strict=True) if fails]
        self.never, self.ranked = not all(holds for holds, _ in parts), bool(levels)
        self.others, self.spread = max(failing, default=None), high - low + 2 * by
        self.gap = low - by - self.others if failing else Q(600)
        if levels:
            least, most = min(a for a, _ in levels), max(b for _, b in levels)
            steps = (b[0] - a[1] - self.spread for a, b in pairwise(levels))
            self.gap = min([self.gap - (most - least), *steps])
            self.others = self.others + most if failing else None
            self.spread += max(b - a for a, b in levels)
            low, high = low + least, high + most
        self.chosen, self.bos, self.at_bos = (low - by, high + by), bos, at_bos


class Checker:
    def __init__(self, home):
        self.config = json.loads((home / "config.json").read_text("utf-8"))
        self.circuit = json.loads((home / "circuit.json").read_text("utf-8"))
        tokens = json.loads((home / "tokenizer.json").read_text("utf-8"))["tokens"]
        need([t["id"] for t in tokens] == list(range(2, len(tokens) + 2)), "the tokens' ids")
        self.tokens = [t["value"] for t in tokens]
        self.arrays = read_arrays(home / "model.safetensors")
        self.bits, largest, least = FORMATS[self.config["dtype"]]
        self.u, self.least, self.largest = Q(1, 2**self.bits), Q(2) ** least, Q(2) ** largest / 2
        self.n = self.config["n_ctx"] - 1
        self.held, self.report, self.taken = {}, [], []
        if any(name.startswith("nominal.") for name in self.arrays):
            raise NotFollowed("the model is disguised: what is stated is not of its weights")
        if "basis.write" in self.arrays or "specification" not in self.circuit:
            raise NotFollowed("the model has another basis, or states nothing")

    # ------------------------------------------------------------ sums

    def gamma(self, t):
        """γ_t of fact 1."""
        need(t * self.u < Q(1, 2), "a sum has more terms than the format can add up")
        return t * self.u / (1 - t * self.u)

    def rounding(self, s):
        """Facts 1, 2 and 4."""
        need(s.size < self.largest, "a sum may be beyond the largest number of the format")
        exact = not s.err and s.size * s.den <= 2**self.bits and self.least * s.den <= 1
        if exact or not s.terms:
            return ZERO
        return up(self.gamma(s.terms) * s.size + s.terms * self.least)

    def off(self, s, wanted):
        """How far what comes out can be from what is wanted."""
        return up(abs(s.value - wanted) + s.err + self.rounding(s))

    def parts(self, rows, errs, lane, column):
        """What each value of one variable adds to a column of weights {row: weight}."""
        live, found = [(i, column[r]) for i, r in enumerate(lane) if r in column], []
        for row, err in zip(rows, errs, strict=True):
            terms = [Sum(w * row[i], abs(w) * err[i], abs(w * row[i]) + abs(w) * err[i], 1,
                         (w * row[i]).denominator) for i, w in live if row[i] or err[i]]
            found.append(total(terms))
        return found

    def read(self, variables, column, bias):
        """A column and its bias for each combination of values (not at BOS: there row 0 is 0)."""
        sums = [constant(bias)]
        for h in variables:
            own = self.parts(h.rows, h.err, h.lane, column)
            sums = [s.plus(o) for s in sums for o in own]
        return sums

    def read_any(self, column, bias):
        """One sum that covers all positions but BOS."""
        some = (self.parts(h.rows, h.err, h.lane, column) for h in self.read_by([column]))
        return total([constant(bias), *map(around, some)])

    def read_at_bos(self, column, bias):
        """At BOS, where column 0 of the stream holds 1."""
        some = (self.parts([h.bos], [h.bos_err], h.lane, column)[0] for h in self.read_by([column]))
        return total([constant(bias), constant(column.get(0, ZERO)), *some])

    def read_by(self, columns):
        """The variables that columns read: all must have been written before."""
        rows = {r for column in columns for r in column} - {0}
        found = [h for h in self.held.values() if rows & set(h.lane)]
        need(rows <= {r for h in found for r in h.lane}, "it reads what is not written yet")
        return found

    def operands(self, table, columns):
        """The variables of a table; nothing else may be read. One without columns is nowhere."""
        others = {h.name for h in self.read_by(columns)} - set(table.names)
        need(not others, f"it also reads {sorted(others)}")
        found = [self.held.get(name) or Held(name, range(0), [[]] * count)
                 for name, count in zip(table.names, table.shape, strict=True)]
        need([len(h.rows) for h in found] == table.shape, "a table is over other values")
        return found

    def columns(self, name, head=0):
        """A matrix as columns {row: weight}, zeros left out (of one head, where it has several)."""
        (*_, rows, width), numbers = self.arrays[name]
        return [{r: Q(x) for r in range(rows) if (x := numbers[(head * rows + r) * width + c])}
                for c in range(width)]

    def vector(self, name, head=0):
        """A bias."""
        (*_, width), numbers = self.arrays[name]
        return [Q(x) for x in numbers[head * width : (head + 1) * width]]

    # ------------------------------------------------------------ the whole

    def prove(self):
        """Block by block, in the order in which they run; then the output."""
        self.check_steps()
        self.check_arrays()
        self.check_parts()
        self.embed()
        spec, halves = self.circuit["specification"], {}
        need(spec["causal"] is self.config["causal"], "it is masked in another way than is stated")
        blocks = {b["variable"]: b for b in spec["blocks"]}
        need(len(blocks) == len(spec["blocks"]), "two blocks compute one variable")
        for c in self.circuit["components"]:
            halves.setdefault((c["layer"], c["kind"] != "head"), []).append(c)
        for _, half in sorted(halves.items()):  # blocks of one half do not see each other
            found = []
            for c in half:
                try:
                    need(c["variable"] in blocks, "nothing says what it should be")
                    block = blocks.pop(c["variable"])
                    need(("kind" in block) == (c["kind"] == "head"), "a head is no hidden unit")
                    h = self.ideal(c["variable"])
                    half_name = "attn" if "kind" in block else "mlp"
                    need(h.written == f"{c['layer']}.{half_name}", "it is written elsewhere")
                    (self.head if "kind" in block else self.hidden)(c, block, h)
                except Refuted as why:
                    raise Refuted(f"{c['variable']}: {why}") from None
                worst = max(e for row in h.err for e in row)
                size = max(abs(x) for row in [*h.rows, h.bos] for x in row)
                need(size + worst < self.largest, f"{h.name} is not bounded")
                self.report.append((h.name, c["kind"], worst, max(h.bos_err)))
                found.append(h)
            self.held |= {h.name: h for h in found}
        need(not blocks, f"nothing computes {sorted(blocks)}")
        if re.search(r'"codes": "[^"]*-1', json.dumps(spec)):
            self.taken.append("values that are stated never to occur together do not")
        return self.output(Table(spec["output"]))

    def check_steps(self):
        """The forward pass is the one that is followed here: the steps that are stored, if any are,
        are attention and an MLP for each layer, with relus and without norms."""
        c = self.config
        plain = [{"kind": kind, "layer": n, "block": n, "iteration": 0}
                 for n in range(c["n_layers"]) for kind in ("attn", "mlp")]
        other = c.get("steps") not in (None, plain)
        if other or (c.get("activation", "relu"), c.get("norm", "none")) != ("relu", "none"):
            raise NotFollowed("the steps are not attention and an MLP with relus, layer by layer")

    def check_arrays(self):
        """All arrays, their shapes, and that the format has every number."""
        c = self.config
        d, h, k, m = c["d_model"], c["n_heads"], c["d_head"], c["d_mlp"]
        want = {"embed.W_E": [len(self.tokens) + 2, d], "pos_embed.W_pos": [c["n_ctx"], d],
                "unembed.W_U": [d, c["d_out"]], "unembed.b_U": [c["d_out"]]}
        for at in (f"blocks.{layer}." for layer in range(c["n_layers"])):
            want |= {f"{at}attn.W_{x}": [h, d, k] for x in "QKV"} | {f"{at}attn.W_O": [h, k, d]}
            want |= {f"{at}attn.b_{x}": [h, k] for x in "QKV"} | {f"{at}mlp.b_in": [m]}
            want |= {f"{at}mlp.W_in": [d, m], f"{at}mlp.W_out": [m, d]}
        need({n: s for n, (s, _) in self.arrays.items()} == want, "arrays have other shapes")
        for name, (_, numbers) in self.arrays.items():
            for x in set(numbers) - {0.0}:
                fine = math.isfinite(x) and self.least <= abs(Q(x)) < self.largest
                odd = abs(Q(x).numerator) if fine else 0
                fine &= (odd // max(odd & -odd, 1)).bit_length() <= self.bits
                need(fine, f"{name} holds {x}, which {c['dtype']} has not, or nearly not")

    def check_parts(self):
        """No part belongs to two components, and one that belongs to none is 0 all over: it adds
        0, and no infinity times 0. No column of the stream belongs to two variables."""
        c, owned = self.config, set()
        for x in self.circuit["components"]:
            own = {(x["layer"], x["kind"], i) for i in range(x["start"], x["stop"])}
            need(not own & owned, f"two components of layer {x['layer']} share a part")
            need(x["kind"] == "mlp" or len(own) == 1, "a head is one head")
            need(0 <= x["layer"] < c["n_layers"], "a component is in no layer")
            need(0 <= x["start"] <= x["stop"] <= c["n_heads" if x["kind"] == "head" else "d_mlp"],
                 "a component has no such part")
            owned |= own
        for name, (shape, numbers) in self.arrays.items():
            if name.startswith("blocks."):
                _, layer, half, array = name.split(".")
                step, count = math.prod(shape[1:]), shape[-1]
                for at in (at for at, x in enumerate(numbers) if x):
                    i = at % count if array == "W_in" else at // step
                    part = int(layer), "head" if half == "attn" else "mlp", i
                    need(part in owned, f"{name} has weights of {i}, which is in no component")
        places = self.circuit["variables"]
        lanes = [i for p in places for i in range(p["start"], p["stop"])]
        need(sorted(lanes) == list(range(c["d_model"])), "the stream's columns are not shared out")
        need(len({p["name"] for p in places}) == len(places), "two variables have one name")
        flags = [(p["start"], p["stop"]) for p in places if p["encoding"]["kind"] == "flag"]
        need(flags == [(0, 1)], "column 0 is not BOS's alone")

    def ideal(self, name):
        """A variable, with the coordinates that stand for each of its values."""
        place = next((p for p in self.circuit["variables"] if p["name"] == name), None)
        if place is None or not place["encoding"]["values"]:
            raise NotFollowed(f"{name} is written nowhere, or its values are not listed")
        code, lane, rows = place["encoding"], range(place["start"], place["stop"]), []
        if code["kind"] == "one-hot":
            on = {identity(v): i for i in lane for v in self.circuit["directions"][i]["values"]}
            rows = [[Q(on.get(identity(v)) == i) for i in lane] for v in code["values"]]
        elif code["kind"] == "features":
            rows = [[Q(x) for x in row["tuple"]] for row in code["rows"]]
        held = Held(name, lane, rows, code["values"])
        held.code, held.written = code, place["written"]
        if code["kind"] == "number":
            held.rows = [self.number(held, v) for v in held.values]
            held.err = [[ZERO] * len(lane) for _ in held.rows]
        right = all(len(row) == len(lane) > 0 for row in held.rows)
        right &= len(held.index) == len(held.rows) == len(held.values)
        need(right, f"{name} is held in no known way")
        return held

    def number(self, held, value):
        """sign·(value - offset), then, if there is a second column, whether it is undefined."""
        need(value is None or is_number(value), f"{held.name} is no number")
        offset, sign = Q(held.code["offset"]), Q(held.code["sign"])
        x = ZERO if value is None else sign * (Q(value) - offset)
        return [x, Q(value is None)] if len(held.lane) == 2 else [x]

    def embed(self):
        """tokens: value i stands at token i of the vocabulary; indices: value i at position i.
        Nothing else is embedded; BOS is (1, 0, 0, …), and column 0 holds 0 at all others."""
        tokens, positions = self.columns("embed.W_E"), self.columns("pos_embed.W_pos")
        need(not any(1 in t for t in tokens), "padding has a value")
        for i, (t, p) in enumerate(zip(tokens, positions, strict=True)):
            need(t.pop(0, ZERO) + p.pop(0, ZERO) == (i == 0), "BOS is not (1, 0, 0, …)")
        spec = self.circuit["specification"]
        by_token, by_position = set(spec["tokens"]), set(spec["positions"])
        need(not by_token & by_position, "a token is a position")
        computed = {block["variable"] for block in spec["blocks"]}
        need(not (by_token | by_position) & computed, "an input is computed")
        inputs = {False: (tokens, 2, self.tokens, positions),
                  True: (positions, 1, list(range(self.n)), tokens)}
        for place in self.circuit["variables"]:
            if place["written"] == "embed" and place["encoding"]["kind"] != "flag":
                h = self.ideal(place["name"])
                need(h.name in by_token | by_position, f"{h.name} is embedded, but no input")
                h.by_position = h.name in by_position
                stored, first, values, other = inputs[h.by_position]
                same = list(map(identity, h.values)) == list(map(identity, values))
                need(same, f"{h.name} has other values than the inputs")
                for j, column in enumerate(h.lane):
                    need(not other[column], f"{h.name} is mixed with something")
                    for i, row in enumerate(h.rows):
                        h.err[i][j] = abs(stored[column].get(first + i, ZERO) - row[j])
                self.held[h.name] = h
        used = {i for h in self.held.values() for i in h.lane}
        others = [i for i in range(self.config["d_model"]) if i not in used]
        need(not any(tokens[i] or positions[i] for i in others), "something else is embedded")

    # ------------------------------------------------------------ hidden units

    def hidden(self, component, block, h):
        """max(0, z·f + b)·w, added up. Units that read multiples f of one number z share its error:
        together they are a piecewise linear function of z, and where none has its corner in
        reach, z's error counts with the slope Σ f·w of the function, not with Σ |f·w|. A unit with
        its corner in reach is anywhere between 0 and the most that it can be."""
        table, at = Table(block["function"]), f"blocks.{component['layer']}.mlp."
        units = range(component["start"], component["stop"])
        w_in, b_in, w_out = (
            self.columns(f"{at}W_in"), self.vector(f"{at}b_in"), self.columns(f"{at}W_out")
        )
        same = list(map(identity, h.values)) == list(map(identity, table.values))
        need(same, "it is stated over other values than it has")
        need(all(i in h.lane or not set(w) & set(units) for i, w in enumerate(w_out)), "it strays")
        variables, groups, sums = self.operands(table, [w_in[j] for j in units]), {}, {}
        for j in units:
            bos = self.read_at_bos(w_in[j], b_in[j])
            need(ends(bos, self.rounding(bos))[1] <= 0, f"unit {j} is not silent at BOS")
            column = {r: w for r, w in sorted(w_in[j].items()) if r}
            factor = abs(next(iter(column.values()), ONE))
            direction = tuple((r, w / factor) for r, w in column.items())
            groups.setdefault(direction, []).append((j, factor))
            sums[j] = self.read(variables, column, b_in[j])
        for cell, code in enumerate(table.codes):
            for k, column in enumerate(h.lane if code >= 0 else ()):
                s = self.written(groups, sums, w_out[column], cell)
                h.err[code][k] = max(h.err[code][k], self.off(s, h.rows[code][k]))

    def written(self, groups, sums, w_out, cell):
        """What the units write to one column for one combination of values."""
        terms = [Sum()]
        for members in groups.values():
            slope = shared = ZERO
            for j, factor in members:
                s, w, own = sums[j][cell], w_out.get(j, ZERO), self.rounding(sums[j][cell])
                low, high = ends(s, own)
                if high <= 0 or not w:
                    continue
                middle, off = (s.value, own) if low >= 0 else (high / 2, high / 2)
                if low >= 0:
                    slope, shared = slope + factor * w, s.err / factor
                # Where what is read is not exact, neither is the sum: den 2^9999 says so.
                den = 2**9999 if off or s.err else (w * middle).denominator
                terms.append(Sum(w * middle, abs(w) * off, abs(w) * high, 1, den))
            terms.append(Sum(ZERO, abs(slope) * shared))
        return total(terms)

    # ------------------------------------------------------------ heads

    def head(self, component, block, h):
        """A head weighs key i by p_i = e^s_i / Σ e^s_j, and its scores s are known by where they
        lie. It writes each value as it is (a sum: times one scale)."""
        table, kind = Table(block["values"]), block["kind"]
        at, number = f"blocks.{component['layer']}.attn.", component["start"]
        of = {f"W_{x}": self.columns(f"{at}W_{x}", number) for x in "QKVO"}
        of |= {f"b_{x}": self.vector(f"{at}b_{x}", number) for x in "QKV"}
        need(all(i in h.lane or not w for i, w in enumerate(of["W_O"])), "it strays")
        outs = [of["W_O"][i] for i in h.lane]
        need(all(len(w) == 1 for w in outs), "it does not write each value as it is")
        (scale, *more) = {x for w in outs for x in w.values()}
        source = [next(iter(w)) for w in outs]
        idle = set(range(len(of["b_V"]))) - set(source)
        need(not any(of["W_V"][i] or of["b_V"][i] for i in idle), "it reads what it does not write")
        need(kind in ("sum", "mean", "move"), "it is no kind of head")
        need(kind == "move" or h.code["kind"] == "number", "only numbers are added up")
        need(not more and (scale == 1 or (kind == "sum" and scale > 0)), "it scales values")
        scores = self.scores(block, of)
        default = None  # the place of the value where nothing is selected, if that can be
        if kind != "sum" and not self.always(block):
            default = h.index.get(identity(block["default"]))
            if default is None:
                self.taken.append(f"{h.name} always selects something")
        if kind != "move":
            self.taken.append(f"the {kind} {h.name} has no other values than are listed")
        elif not self.alike(block, table):
            self.taken.append(f"the values that {h.name} selects are equal")
        columns = [of["W_V"][c] for c in source]
        variables = self.operands(table, columns)
        for j, column in enumerate(columns):
            bias = of["b_V"][source[j]]
            off = self.values_read(block, table, h, j, self.read(variables, column, bias))
            bos, everywhere = self.read_at_bos(column, bias), self.read_any(column, bias)
            bos_err = bos.err + self.rounding(bos)
            any_end = *ends(everywhere, self.rounding(everywhere)), *ends(bos, bos_err)
            size = max(map(abs, any_end))
            self.attend(kind, scores, h, j, off, size, (bos.value, bos_err), scale, default)

    def values_read(self, block, table, h, j, sums):
        """Per value of the head: how far column j of what is read at keys that have it is off. For
        means and sums: the same for all."""
        off = [ZERO] * len(h.values)
        for (cell, code), s in zip(table.cells, sums, strict=True):
            value = table.values[code]
            if code >= 0 and value is None:
                need(self.never_selected(block, table, cell), "it may select what is undefined")
            elif code >= 0 and block["kind"] == "move":
                need(identity(value) in h.index, f"it moves {value!r}, which it cannot hold")
                i = h.index[identity(value)]
                off[i] = max(off[i], self.off(s, h.rows[i][j]))
            elif code >= 0:
                off = [max(off[0], self.off(s, self.number(h, value)[j]))] * len(off)
        return off

    def scores(self, block, of):
        """Scores are sums over the head's columns: some for each comparison, one for the ranking.
        A key is chosen if all comparisons hold and, where there is a ranking, none for which they
        hold has a higher level."""
        w_k, b_k, w_q, b_q = of["W_K"], of["b_K"], of["W_Q"], of["b_Q"]
        start, parts, levels, whole = 0, [], [], []
        for c in block["comparisons"]:
            first, stop = c["columns"]
            need(first == start <= stop <= len(b_k), "the comparisons' columns leave a gap")
            some, start, found = slice(start, stop), stop, {"1": [], "0": []}
            keys = self.side(c["keys"], w_k[some], b_k[some])
            queries = self.side(c["queries"], w_q[some], b_q[some])
            for (of_key, key), (of_query, query) in product(keys, queries):
                found[c["holds"][of_key][of_query]].append(self.score(key, query))
            whole.append(largest(found["1"] + found["0"]))
            parts.append([ends(around(f)) if f else None for f in (found["1"], found["0"])])
        if block["ranking"] is not None:
            some, start, found = slice(start, start + 1), start + 1, {}
            columns = zip(w_q[some], b_q[some], strict=True)
            asked = [self.rounded(self.read_any(*x)) for x in columns]
            for level, key in self.side(block["ranking"], w_k[some], b_k[some]):
                found.setdefault(level, []).append(self.score(key, asked))
            whole += [largest([s for of_level in found.values() for s in of_level])]
            levels = [ends(around(found[level])) for level in sorted(found)]
        pairs = [(f, list(zip(w, b, strict=True))) for w, b in ((w_k, b_k), (w_q, b_q))
                 for f in (self.read_any, self.read_at_bos)]
        k, k_bos, q, q_bos = ([self.rounded(f(*x)) for x in some] for f, some in pairs)
        rest = self.score(k[start:], q[start:])  # columns of no comparison: usually none
        by = self.rounding(total([*whole, rest]))
        at_bos = self.score(k_bos, q), self.score(k_bos, q_bos), self.score(k, q_bos)
        bos, own, foreign = (ends(s, self.rounding(s)) for s in at_bos)
        return Scores(parts, levels, ends(rest), by, bos, own[0] - foreign[1])

    def side(self, data, columns, biases):
        """The different keys (or queries): their class, and what their columns hold."""
        table = Table(data)
        variables = self.operands(table, columns)
        sums = [self.read(variables, w, b) for w, b in zip(columns, biases, strict=True)]
        return {(code, tuple(self.rounded(s[i]) for s in sums))
                for i, code in enumerate(table.codes) if code >= 0}

    def rounded(self, s):
        """The same with its own rounding in its error."""
        return s._replace(err=s.err + self.rounding(s))

    def score(self, keys, queries):
        """Σ k·q over columns."""
        terms = []
        for k, q in zip(keys, queries, strict=True):
            off = abs(k.value) * q.err + abs(q.value) * k.err + k.err * q.err
            if k.value * q.value or off:
                size = abs(k.value * q.value) + off
                terms.append(Sum(k.value * q.value, off, size, 1, k.den * q.den))
        return total(terms)

    def attend(self, kind, scores, h, j, off, size, bos, scale, default):
        """Column j of what a head writes: how far off, for each value and at BOS."""
        n, (low, _), (bos_low, bos_high), (bos, bos_err) = self.n, scores.chosen, scores.bos, bos
        # Roundings of a weight and of what it carries: two exponentials, two sums of n + 1, a
        # quotient, rescaling, products. `lost` is what underflow takes of n + 1 products.
        r, lost = self.gamma(2 * (n + 1) + 2 * 8 + 2 * 4 + 4), 4 * (n + 1) * self.least
        # At BOS all others together weigh at most n·e^-at_bos. If that is far below u, 1 + it is 1,
        # and adding what they bring to what BOS holds is off by no more than what they bring.
        need(scores.at_bos > 0 and r <= 1, "BOS does not attend to itself")
        rest = n * exp_between(-scores.at_bos)[1]
        rest = ZERO if rest < Q(1, 2**160) and self.bits < 53 else rest
        err = bos_err + 4 * rest * size
        if rest > self.u / 8:
            err += r * (abs(bos) + bos_err) + lost
        if scale != 1 and (bos or err):
            err = scale * (err + self.gamma(1) * (abs(bos) + err)) + self.least
        h.bos[j], h.bos_err[j] = scale * bos, up(err)
        if kind == "sum":
            self.attend_sum(scores, h, j, off, size, abs(bos) + bos_err, scale, r, lost)
            return
        # Kernels may add up what the keys hold before they divide, those of 16 bits in float32.
        need(2 * (n + 1) * size < max(self.largest, Q(2) ** 125), "its keys may overflow together")
        # All that are not chosen weigh n·e^-gap at most; where none is chosen, all but BOS do.
        gaps = [] if scores.never else [scores.gap, low - bos_high]
        if default is not None and scores.others is not None:
            gaps.append(bos_low - scores.others)
        need(gaps and min(gaps) > 0, "scores leave no gap")
        leak = n * exp_between(-min(gaps))[1]
        # The chosen, w of them, weigh between e^-spread/w and e^spread/w each, scores rounded.
        uneven = exp_between(2 * scores.spread)[1] - 1 + r
        for i, row in enumerate(h.rows):
            if kind == "move":  # all v are equal, and Σ p·v = v, however they share
                err = off[i] * (1 + r) + r * abs(row[j])
            else:
                err = off[i] * (1 + uneven) + uneven * size
            if i == default:
                err = max(err, abs(bos - row[j]) + bos_err + r * (abs(bos) + bos_err))
            h.err[i][j] = up(err + 4 * leak * size + lost)

    def attend_sum(self, scores, h, j, off, size, at_bos, scale, r, lost):
        """BOS, at score b, holds 0 and outweighs all: of a key at score s arrives scale·e^(s-b)·v
        / (1 + f), where f, the weight of the keys, is at most n·e^(most - b). It is calibrated:
        scale·e^(s-b) is nearly 1, and off by `share` at most."""
        n, (low, high), (bos_low, bos_high) = self.n, scores.chosen, scores.bos
        need(h.code["offset"] == 0 and h.code["sign"] == 1, "a sum is not counted from 0")
        if scores.never or scores.ranked:
            raise NotFollowed(f"{h.name} is a sum of nothing, or ranked")
        most = high if scores.others is None else max(high, scores.others)
        need(bos_low > most, "BOS does not outweigh the keys that are added up")
        least = exp_between(low - bos_high)[0]
        need(least > 2 * self.least, "a key's weight is below the format's least number")
        r += 2 * (exp_between(2 * self.u * (bos_high - low))[1] - 1)  # s - b is rounded, too
        least = scale * least / (1 + n * exp_between(most - bos_low)[1])
        share = max(scale * exp_between(high - bos_low)[1] * (1 + r) - 1, 1 - least * (1 - r))
        rest = ZERO if scores.others is None else n * exp_between(scores.others - bos_low)[1]
        beside = scale * ((1 + r) * (rest * size + at_bos) + lost)
        negative = any(row[j] < 0 for row in h.rows)
        for i, row in enumerate(h.rows):
            own = share * (n * size if negative else abs(row[j]))
            h.err[i][j] = up(own + n * off[i] * (1 + share) + beside)

    def always(self, block):
        """Whether every query selects a key: all keys, or at least the one at its own position."""
        for c in block["comparisons"]:
            keys, queries = Table(c["keys"]), Table(c["queries"])
            pairs = zip(keys.codes, queries.codes, strict=True)
            own = keys.names == queries.names and all(
                k >= 0 and q >= 0 and c["holds"][k][q] == "1" for k, q in pairs)
            if not own and "0" in "".join(c["holds"]):
                return False
        return True

    def alike(self, block, table):
        """Whether all keys that one query selects have the same value: their position is the same,
        or all that the value depends on, or there is but one value."""
        fixed = set()
        for c in block["comparisons"]:
            keys = Table(c["keys"])
            for axis, name in enumerate(keys.names):
                picked = {(q, cell[axis]) for cell, code in keys.cells if code >= 0
                          for q, x in enumerate(c["holds"][code]) if x == "1"}
                if len(picked) == len({q for q, _ in picked}):
                    fixed.add(name)
        by_position = any(h.by_position for h in self.held.values() if h.name in fixed)
        values = {identity(v) for v in table.values if v is not None}
        return by_position or set(table.names) <= fixed or len(values) <= 1

    def never_selected(self, block, table, cell):
        """Whether some comparison fails for all keys with these values, whatever the query."""
        here = dict(zip(table.names, cell, strict=True))
        return any(
            not any(
                code >= 0 and "1" in c["holds"][code]
                and all(here.get(n, i) == i for n, i in zip(keys.names, other, strict=True))
                for other, code in keys.cells
            )
            for c in block["comparisons"] for keys in [Table(c["keys"])]
        )

    # ------------------------------------------------------------ the output

    def output(self, table):
        """How far a score, or the number, can be off, and what is left of the distance to the next
        (1: all of it). An output is the value with the highest score; or a number (rounded to a
        multiple of `output_unit`, if there is one), undefined where a second column is above ½."""
        w, b = self.columns("unembed.W_U"), self.vector("unembed.b_U")
        variables = self.operands(table, w)
        sums = [self.read(variables, column, bias) for column, bias in zip(w, b, strict=True)]
        chosen, unit = self.config["output_values"], self.config["output_unit"]
        names = list(map(identity, chosen or []))
        numbers = sorted({Q(v) for v in table.values if is_number(v)})
        steps = [y - x for x, y in pairwise(numbers)] + ([Q(unit) * 98 / 100] if unit else [])
        if chosen is None and unit is not None:
            odd = (abs(x - round(x / Q(unit)) * Q(unit)) for x in numbers if unit)
            need(unit > 0 and max(odd, default=ZERO) < Q(unit) / 1000, "no multiple of the unit")
        need(chosen is None or len(set(names)) == len(names) == len(w), "what the outputs mean")
        worst, room = ZERO, ONE
        for cell, code in enumerate(table.codes):
            found, value = [self.rounded(s[cell]) for s in sums], table.values[code]
            if code >= 0 and chosen is not None:
                right = found.pop(names.index(identity(value)))
                room = min([room, *(ends(right)[0] - ends(s)[1] for s in found)])
                off = [abs(right.value - 1) + right.err, *(abs(s.value) + s.err for s in found)]
                worst = max(worst, *off)
            elif code >= 0:
                if self.config["output_undefined"]:
                    room = min(room, 1 - 2 * (abs(found[1].value - (value is None)) + found[1].err))
                else:
                    need(value is not None, "an undefined output has no place")
                if value is not None:
                    need(is_number(value), f"the output {value!r} is no number")
                    worst = max(worst, abs(found[0].value - Q(value)) + found[0].err)
                    room = min(room, 1 - 2 * worst / min(steps, default=ONE))
        need(room > 0, "nothing is left of the distance between outputs")
        return worst, room


def main(arguments):
    if len(arguments) != 1:
        print(__doc__)
        return 2
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:  # names may be of any letters, those of a terminal are few
        reconfigure(errors="backslashreplace")
    try:
        checker = Checker(Path(arguments[0]))
        worst, room = checker.prove()
    except NotFollowed as why:
        print(f"not followed: {why}")
        return 2
    except Refuted as why:
        print(f"NOT PROVED: {why}")
        return 1
    except (LookupError, AttributeError, OSError, TypeError, ValueError, ArithmeticError,
            struct.error) as why:
        print(f"NOT PROVED: the files are not what they should be ({why!r})")
        return 1
    print(f"{'block':24} {'kind':5} {'within':>9} {'at BOS':>9}")
    for name, kind, error, at_bos in checker.report:
        print(f"{name:24} {kind:5} {float(error):9.2g} {float(at_bos):9.2g}")
    print(f"output within {float(worst):.2g}; {float(room):.4f} of the distance is left")
    print("".join(f"taken as given: {fact}\n" for fact in checker.taken), end="")
    print(f"PROVED in {checker.config['dtype']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
