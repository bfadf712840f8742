#!/usr/bin/env python3
"""Prove, with nothing but Python's standard library, that a saved model computes what it says.

    python standalone.py MODEL_DIR

Exit status 0 and a table: proved. 1 and the reason: not proved. 2: this script cannot follow it.

THE CLAIM. `circuit.json` states a value for every block (head, or run of hidden units) as a table
over the variables that the block reads, and how each value stands on the columns of the residual
stream. We prove that at every position of every input, and in whatever order the machine adds up,
every block writes the coordinates of the right value to within the error that is printed, and that
the right output is decided. What is taken from the statement as given is printed too. Which keys a
query sees besides BOS and itself (masking, padding) plays no part: the bounds hold of any such set.

THE MEANS. Numbers that should be are exact rationals (all stored numbers are m/2^k). Errors are
rationals too, rounded up now and then. Of the machine we use four facts (u = 2^-p for p bits):
 1. A sum of t products, in any order, with or without fused multiply-add, is within γ_t·Σ|term|
    of the true sum, γ_t = t·u/(1-t·u) (Higham, Accuracy and Stability, 3.1), and `LEAST` a
    term more where products underflow.
 2. If all terms are multiples of q = 2^-k, and Σ|term| ≤ 2^p·q, then it is exact: all partial sums
    are multiples of q and at most 2^p·q, and the format has these.
 3. exp is within 8 units in the last place, exp(0) = 1, and exp(x) is 0 where e^x < 2^-160 (in
    float64: never assumed); a kernel may rescale what it has up to 4 times.
 4. Nothing overflows as long as sums of sizes stay below a quarter of the largest number: checked.
"""

import json
import math
import re
import struct
import sys
from fractions import Fraction as Q
from itertools import product
from pathlib import Path

FORMATS = {  # bits of the significand; exponents of the largest and of the least normal number
    "float64": (53, 1023, -1022), "float32": (24, 127, -126),
    "bfloat16": (8, 127, -126), "float16": (11, 15, -14),
}  # fmt: skip
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
    if x.denominator.bit_length() < 200:
        return x
    k = x.denominator.bit_length() - x.numerator.bit_length() + 64
    return Q(-((-x.numerator << k) // x.denominator), 1 << k) if k > 0 else Q(math.ceil(x))


def exp_between(x):
    """Rationals around e^x. A library's exp is right to 2^-40, which is very little to ask."""
    need(x < 600, "scores lie too far apart")
    if x < -600:
        return ZERO, Q(1, 2**860)  # e^-600 = 2^-865.6
    middle = Q(math.exp(float(x)))
    return middle * (1 - Q(1, 2**40)), middle * (1 + Q(1, 2**40))


# ---------------------------------------------------------------- files


def read_arrays(path):
    """model.safetensors: 8 bytes of length, a JSON header, then the numbers, least byte first."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header, body, arrays = json.loads(data[8 : 8 + size]), data[8 + size :], {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, stop = entry["data_offsets"]
        raw, kind = body[start:stop], entry["dtype"]
        if kind == "BF16":  # the upper half of a float32
            raw = b"".join(b"\0\0" + raw[i : i + 2] for i in range(0, len(raw), 2))
        letter = {"F64": "d", "F32": "f", "F16": "e", "BF16": "f"}[kind]
        count = math.prod(entry["shape"])
        numbers = struct.unpack(f"<{count}{letter}", raw)
        need(all(map(math.isfinite, numbers)), f"{name} holds what is no number")
        arrays[name] = (entry["shape"], numbers)
    return arrays


def identity(value):
    """The same for the same value of the language: 2 is 2.0, but not True."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value if value is None else (type(value).__name__, value)
    if isinstance(value, dict):
        return ("tuple", *map(identity, value["tuple"]))
    return ("number", Q(value))


def is_number(value):
    return isinstance(value, int | float)


class Held:
    """A variable: its columns; per value its coordinates and how far off; the same at BOS."""

    def __init__(self, place, rows, values):
        self.name, self.values = place["name"], values
        self.lane = range(place["start"], place["stop"])
        self.rows, self.err = rows, [[ZERO] * len(self.lane) for _ in rows]
        self.bos, self.bos_err = [ZERO] * len(self.lane), [ZERO] * len(self.lane)
        self.by_position = False

    def at_bos(self):
        there = Held({"name": "", "start": self.lane.start, "stop": self.lane.stop}, [self.bos], [])
        there.err = [self.bos_err]
        return there


class Table:
    """The statement of a value: a code (place in `values`) per combination; -1: cannot occur."""

    def __init__(self, data):
        if "codes" not in data or "variables" not in data:
            raise NotFollowed("a value is stated as a sum, or along a line, not as a table")
        self.names, self.shape = data["variables"], data["shape"]
        self.codes = [int(c) for c in data["codes"].split()]  # -1: impossible
        self.values = data["values"]
        need(len(set(self.names)) == len(self.names) == len(self.shape), "a table's axes")
        need(len(self.codes) == math.prod(self.shape), "a table has not one code a cell")
        need(min(self.codes, default=0) >= -1, "a code is below -1")

    def cells(self):
        """(values' indices, code) of every combination, in the order of the codes."""
        return zip(product(*map(range, self.shape)), self.codes, strict=True)


# ---------------------------------------------------------------- sums


class Sum:
    """Σ of products: the true value if all read were ideal; how far what is read can move it;
    Σ|term|, how many terms, and the least power of two that has every term as a fraction."""

    def __init__(self, value, err, size, terms, den):
        self.value, self.err, self.size, self.terms, self.den = value, err, size, terms, den

    def plus(self, o):
        return Sum(
            self.value + o.value, self.err + o.err, self.size + o.size,
            self.terms + o.terms, max(self.den, o.den),
        )  # fmt: skip


def around(sums):
    """The least and the most that some sums can be before they are rounded, if there is any."""
    if not sums:
        return None
    return min(s.value - s.err for s in sums), max(s.value + s.err for s in sums)


class Scores:
    """Scores of one head. A key is chosen if all comparisons hold and, where there is a ranking,
    none for which they hold has a higher level. `chosen`: where the scores of such keys lie (of
    the lowest level), and for one query they are within `spread` of each other. A key for which
    a comparison fails has at most `others`. `gap`: how far the chosen are above all that are not,
    but BOS. `bos`: where the score of BOS lies, for any other query. `at_bos`: how far it is above
    any other key for BOS as the query. Each score may be rounded by `by`."""

    def __init__(self, parts, levels, rest, by, bos, at_bos):
        low, high = rest
        for holds, _ in parts:
            low, high = (low + holds[0], high + holds[1]) if holds else (low, high)
        tops = [max(r[1] for r in part if r) for part in parts]
        fails = [f[1] + rest[1] + sum(tops) - top for (_, f), top in zip(parts, tops, strict=True) if f]
        self.never, self.ranked = not all(holds for holds, _ in parts), bool(levels)
        self.others = max(fails) + by if fails else None
        self.spread, self.gap = high - low + 2 * by, low - max(fails) - 2 * by if fails else Q(600)
        if levels:
            steps = [b[0] - a[1] for a, b in zip(levels, levels[1:])]
            least, most = min(a for a, _ in levels), max(b for _, b in levels)
            self.gap = min([self.gap - (most - least), *(s - self.spread for s in steps)])
            self.others = self.others + most if fails else None
            self.spread += max(b - a for a, b in levels)
            low, high = low + least, high + most
        self.chosen, self.bos, self.at_bos = (low - by, high + by), bos, at_bos


class Checker:
    def __init__(self, home):
        self.config = json.loads((home / "config.json").read_text())
        self.circuit = json.loads((home / "circuit.json").read_text())
        self.tokens = json.loads((home / "tokenizer.json").read_text())["tokens"]
        self.arrays = read_arrays(home / "model.safetensors")
        self.bits, largest, least = FORMATS[self.config["dtype"]]
        self.u, self.LEAST, self.LARGEST = Q(1, 2**self.bits), Q(2) ** least, Q(2) ** largest / 4
        self.n = self.config["n_ctx"] - 1
        self.held, self.report, self.taken = {}, [], []
        if "basis.write" in self.arrays or "specification" not in self.circuit:
            raise NotFollowed("the model has another basis, or states nothing")

    def gamma(self, t):
        need(t * self.u < Q(1, 2), "a sum has more terms than the format can add up")
        return t * self.u / (1 - t * self.u)

    def fits(self, size):
        need(size < self.LARGEST, "a sum may be beyond the largest number of the format")

    def rounding(self, s):
        """Facts 1 and 2."""
        self.fits(s.size)
        if not s.terms or (
            not s.err and s.size * s.den <= 2**self.bits and self.LEAST * s.den <= 1
        ):
            return ZERO
        return up(self.gamma(s.terms) * s.size + s.terms * self.LEAST)

    def parts(self, held, column):
        """What each value of one variable adds to a column of weights {row: weight}."""
        live = [(i, column[r]) for i, r in enumerate(held.lane) if r in column]
        found = []
        for row, err in zip(held.rows, held.err, strict=True):
            terms = [(w * row[i], abs(w) * err[i]) for i, w in live if row[i] or err[i]]
            off = sum((e for _, e in terms), ZERO)
            size = sum((abs(t) for t, _ in terms), ZERO) + off
            den = max((t.denominator for t, _ in terms), default=1)
            found.append(Sum(sum((t for t, _ in terms), ZERO), off, size, len(terms), den))
        return found

    def read(self, variables, column, bias):
        """A column and its bias for each combination of values: the first varies slowest."""
        sums = [Sum(bias, ZERO, abs(bias), int(bias != 0), bias.denominator)]
        for held in variables:
            own = self.parts(held, column)
            sums = [s.plus(o) for s in sums for o in own]
        return sums

    def read_at_bos(self, variables, column, bias):
        """At BOS, where column 0 of the stream holds 1 (elsewhere it holds 0)."""
        flag = Held({"name": "", "start": 0, "stop": 1}, [[ONE]], [])
        return self.read([*(v.at_bos() for v in variables), flag], column, bias)[0]

    # ------------------------------------------------------------ weights

    def columns(self, name, head=None):
        """A matrix as columns {row: weight}, zeros left out (of one head, where it has several)."""
        shape, numbers = self.arrays[name]
        start = 0 if head is None else head * shape[-1] * shape[-2]
        rows, width = shape[-2:]
        return [
            {r: Q(x) for r in range(rows) if (x := numbers[start + r * width + c])}
            for c in range(width)
        ]

    def vector(self, name, head=None):
        shape, numbers = self.arrays[name]
        start = 0 if head is None else head * shape[-1]
        return [Q(x) for x in numbers[start : start + shape[-1]]]

    def read_by(self, columns):
        """The variables that columns read: all must have been written before."""
        found = {}
        for row in {r for column in columns for r in column} - {0}:
            owner = [h for h in self.held.values() if row in h.lane]
            need(owner, f"column {row} of the stream is read before it is written")
            found[owner[0].name] = owner[0]
        return list(found.values())

    def operands(self, table, columns):
        """The variables of a table; nothing else may be read. One without columns is nowhere."""
        others = {h.name for h in self.read_by(columns)} - set(table.names)
        need(not others, f"it also reads {sorted(others)}")
        none = {"start": 0, "stop": 0}
        found = [
            self.held.get(name) or Held({"name": name, **none}, [[]] * count, None)
            for name, count in zip(table.names, table.shape, strict=True)
        ]
        need([len(h.rows) for h in found] == table.shape, "a table is over other values")
        return found

    # ------------------------------------------------------------ the whole

    def prove(self):
        self.check_shapes()
        self.check_nothing_else()
        self.embed()
        spec = self.circuit["specification"]
        blocks = {b["variable"]: b for b in spec["blocks"]}
        need(len(blocks) == len(spec["blocks"]), "two blocks compute one variable")
        order = sorted(self.circuit["components"], key=lambda c: (c["layer"], c["kind"] != "head"))
        halves = {}
        for c in order:
            halves.setdefault((c["layer"], c["kind"] != "head"), []).append(c)
        for half in halves.values():  # blocks of one half do not see what the others write
            found = []
            for c in half:
                try:
                    need(c["variable"] in blocks, "nothing says what it should be")
                    block = blocks.pop(c["variable"])
                    need(("kind" in block) == (c["kind"] == "head"), "a head is no hidden unit")
                    found.append((self.head if "kind" in block else self.hidden)(c, block))
                except Refuted as why:
                    raise Refuted(f"{c['variable']}: {why}") from None
            self.held |= {h.name: h for h in found if h.lane}
            for c, h in zip(half, found, strict=True):
                worst = max((e for row in h.err for e in row), default=ZERO)
                self.fits(max((abs(x) for row in h.rows for x in row), default=ZERO) + worst)
                self.report.append((c["variable"], c["kind"], worst, max(h.bos_err, default=ZERO)))
        need(not blocks, f"nothing computes {sorted(blocks)}")
        if re.search(r'"codes": "[^"]*-1', json.dumps(spec)):
            self.taken.append("values that are stated never to occur together do not")
        return self.output(Table(spec["output"]))

    def check_shapes(self):
        c = self.config
        d, h, k, m = c["d_model"], c["n_heads"], c["d_head"], c["d_mlp"]
        want = {"embed.W_E": [c["d_vocab"], d], "pos_embed.W_pos": [c["n_ctx"], d],
                "unembed.W_U": [d, c["d_out"]], "unembed.b_U": [c["d_out"]]}  # fmt: skip
        for layer in range(c["n_layers"]):
            at, mlp = f"blocks.{layer}.attn.", f"blocks.{layer}.mlp."
            want |= {f"{at}W_{x}": [h, d, k] for x in "QKV"} | {f"{at}b_{x}": [h, k] for x in "QKV"}
            want |= {f"{at}W_O": [h, k, d], f"{mlp}W_in": [d, m], f"{mlp}b_in": [m],
                     f"{mlp}W_out": [m, d]}  # fmt: skip
        need({n: s for n, (s, _) in self.arrays.items()} == want, "arrays have other shapes")
        need(c["d_vocab"] == len(self.tokens) + 2, "the vocabulary has another size")
        need([t["id"] for t in self.tokens] == list(range(2, c["d_vocab"])), "the tokens' ids")
        for name, (_, numbers) in self.arrays.items():
            for x in set(numbers) - {0.0}:
                odd = abs(Q(x).numerator)
                odd //= odd & -odd
                fine = odd.bit_length() <= self.bits and self.LEAST <= abs(Q(x)) < self.LARGEST
                need(fine, f"{name} holds {x}, which {c['dtype']} has not, or nearly not")

    def check_nothing_else(self):
        """No part belongs to two components, and what belongs to none is 0, reading and writing:
        so it adds 0, and no infinity times 0. No column of the stream belongs to two variables."""
        c = self.config
        for layer in range(c["n_layers"]):
            for kind, count in (("head", c["n_heads"]), ("mlp", c["d_mlp"])):
                owned = [0] * count
                for x in self.circuit["components"]:
                    need(x["kind"] in ("head", "mlp"), "a component is of no kind")
                    need(0 <= x["layer"] < c["n_layers"], "a component is in no layer")
                    if x["layer"] == layer and x["kind"] == kind:
                        need(0 <= x["start"] <= x["stop"] <= count, "a component has no such part")
                        need(kind == "mlp" or x["stop"] == x["start"] + 1, "a head is one head")
                        for i in range(x["start"], x["stop"]):
                            owned[i] += 1
                need(max(owned, default=0) <= 1, f"two components of layer {layer} share a part")
                at = f"blocks.{layer}."
                w_in, b_in, w_out = self.columns(f"{at}mlp.W_in"), self.vector(f"{at}mlp.b_in"), self.columns(f"{at}mlp.W_out")
                for i in (i for i, by in enumerate(owned) if not by):
                    if kind == "head":
                        used = any(any(self.columns(f"{at}attn.W_{x}", i)) for x in "QKVO")
                        used |= any(any(self.vector(f"{at}attn.b_{x}", i)) for x in "QKV")
                    else:
                        used = w_in[i] or b_in[i] or any(i in w for w in w_out)
                    need(not used, f"{kind} {i} of layer {layer} has weights, and no component")
        places = self.circuit["variables"]
        covered = sorted(i for p in places for i in range(p["start"], p["stop"]))
        need(covered == list(range(c["d_model"])), "the columns of the stream are not shared out")
        need(len({p["name"] for p in places}) == len(places), "two variables have one name")
        flags = [(p["start"], p["stop"]) for p in places if p["encoding"]["kind"] == "flag"]
        need(flags == [(0, 1)], "column 0 is not BOS's alone")

    def place(self, name):
        return next((p for p in self.circuit["variables"] if p["name"] == name), None)

    def ideal(self, place):
        """The variable that lives at a place, with the coordinates of each of its values."""
        code, lane = place["encoding"], range(place["start"], place["stop"])
        values, rows = code["values"], []
        need(len(set(map(identity, values))) == len(values), "a value is listed twice")
        if not values:
            raise NotFollowed(f"the values of {place['name']} are not listed")
        if code["kind"] == "one-hot":
            on = {identity(v): i for i in lane for v in self.circuit["directions"][i]["values"]}
            rows = [[ONE if on.get(identity(v)) == i else ZERO for i in lane] for v in values]
        elif code["kind"] == "features":
            rows = [[Q(x) for x in row["tuple"]] for row in code["rows"]]
        elif code["kind"] == "number":
            rows = [self.number(place, v) for v in values]
        need(len(rows) == len(values), f"{place['name']} is held in no known way")
        need(all(len(row) == len(lane) for row in rows), f"{place['name']} has other columns")
        return Held(place, rows, values)

    def number(self, place, value):
        """sign·(value - offset), then, if there is a second column, whether it is undefined."""
        code, flagged = place["encoding"], place["stop"] - place["start"] == 2
        need(value is None or is_number(value), f"{place['name']} is no number")
        x = ZERO if value is None else Q(code["sign"]) * (Q(value) - Q(code["offset"]))
        return [x, Q(value is None)] if flagged else [x]

    def embed(self):
        """tokens: value i stands at token i of the vocabulary; indices: value i at position i.
        Nothing else is embedded; BOS is (1, 0, 0, …), and column 0 holds 0 at all others."""
        tokens, positions = self.columns("embed.W_E"), self.columns("pos_embed.W_pos")
        for i, (t, p) in enumerate(zip(tokens, positions, strict=True)):
            need(t.get(0, ZERO) + p.get(0, ZERO) == (i == 0), "BOS is not (1, 0, 0, …)")
            need(not (t.keys() | p.keys()) - {0} or i, "column 0 marks more than BOS")
        embedded = set()
        for place in self.circuit["variables"]:
            if place["encoding"]["kind"] == "flag" or place["written"] != "embed":
                continue
            held, what = self.ideal(place), place["expression"]
            need(what in ("tokens", "indices"), f"{place['name']} is embedded, but no input")
            by_token = what == "tokens"
            stored, first = (tokens, 2) if by_token else (positions, 1)
            inputs = [t["value"] for t in self.tokens] if by_token else list(range(self.n))
            same = list(map(identity, held.values)) == list(map(identity, inputs))
            need(same, f"{place['name']} has other values than {what}")
            for j, column in enumerate(held.lane):
                other = positions if by_token else tokens
                need(not other[column].keys() - {0}, f"{what} are mixed with something")
                for i, row in enumerate(held.rows):
                    held.err[i][j] = abs(stored[column].get(first + i, ZERO) - row[j])
            held.by_position = not by_token
            self.held[held.name] = held
            embedded |= set(held.lane)
        for i in set(range(1, self.config["d_model"])) - embedded:
            need(not (tokens[i].keys() | positions[i].keys()) - {0}, "more is embedded")

    # ------------------------------------------------------------ hidden units

    def hidden(self, component, block):
        """max(0, z·f + b)·w, added up. Units that read multiples f of one number z share its error:
        together they are a piecewise linear function of z, and where none has its corner in
        reach, z's error counts with the slope Σ f·w of the function, not with Σ |f·w|. A unit with
        its corner in reach is anywhere between 0 and the most that it can be."""
        table, place = Table(block["function"]), self.place(component["variable"])
        prefix = f"blocks.{component['layer']}.mlp."
        units = range(component["start"], component["stop"])
        w_in, b_in, w_out = (
            self.columns(f"{prefix}W_in"), self.vector(f"{prefix}b_in"),
            self.columns(f"{prefix}W_out"),
        )  # fmt: skip
        result = self.writes(component, place, table.values)
        lane = result.lane
        for i, column in enumerate(w_out):
            need(i in lane or not set(column) & set(units), "it writes to others' columns")
        variables = self.operands(table, [w_in[j] for j in units])
        groups, sums = {}, {}
        for j in units:
            bos = self.read_at_bos(variables, w_in[j], b_in[j])
            need(bos.value + bos.err + self.rounding(bos) <= 0, f"unit {j} is not silent at BOS")
            column = {r: w for r, w in w_in[j].items() if r}
            factor = abs(column[min(column)]) if column else ONE
            direction = tuple(sorted((r, w / factor) for r, w in column.items()))
            groups.setdefault(direction, []).append((j, factor))
            sums[j] = self.read(variables, column, b_in[j])
        for cell, code in enumerate(table.codes):
            if code < 0:
                continue
            for k, column in enumerate(lane):
                value, err = self.written(groups, sums, w_out[column], cell)
                off = up(abs(value - result.rows[code][k]) + err)
                result.err[code][k] = max(result.err[code][k], off)
        return result

    def written(self, groups, sums, w_out, cell):
        """What the units write to one column for one combination, and how far off that can be."""
        total, exact = Sum(ZERO, ZERO, ZERO, 0, 1), True
        for members in groups.values():
            slope = shared = ZERO
            for j, factor in members:
                s, w = sums[j][cell], w_out.get(j, ZERO)
                own = self.rounding(s)
                high = s.value + s.err + own
                if high <= 0 or not w:
                    continue
                if s.value - s.err - own >= 0:
                    middle, off = s.value, own
                    slope, shared = slope + factor * w, s.err / factor
                else:
                    middle = off = high / 2
                exact &= not (off or s.err)
                one = Sum(w * middle, abs(w) * off, abs(w) * high, 1, (w * middle).denominator)
                total = total.plus(one)
            total.err += abs(slope) * shared
        whole = Sum(total.value, Q(not exact), total.size, total.terms, total.den)
        return total.value, total.err + self.rounding(whole)

    def writes(self, component, place, values):
        """What a block writes: a variable with its ideal rows, or one that no reader tells apart."""
        if place is None:
            raise NotFollowed(f"{component['variable']} is written nowhere")
        need(place["written"] != "embed", "what is embedded is also written")
        held = self.ideal(place)
        if component["kind"] != "head":
            same = list(map(identity, held.values)) == list(map(identity, values))
            need(same, "it is stated over other values than it has")
        return held

    # ------------------------------------------------------------ heads

    def side(self, table, columns, biases):
        """The different keys (or queries): class, and per column (number, error, denominator)."""
        variables = self.operands(table, columns)
        sums = [self.read(variables, w, b) for w, b in zip(columns, biases, strict=True)]
        return {
            (code, tuple((s[i].value, s[i].err + self.rounding(s[i]), s[i].den) for s in sums))
            for i, code in enumerate(table.codes)
            if code >= 0
        }

    def extents(self, columns, biases, at_bos):
        """Per column all that any key (or query) reads: middle ± error, and its denominator."""
        variables, found = self.read_by(columns), []
        for w, b in zip(columns, biases, strict=True):
            if at_bos:
                s = self.read_at_bos(variables, w, b)
            else:
                s = Sum(b, ZERO, abs(b), int(b != 0), b.denominator)
                for own in (self.parts(held, w) for held in variables):
                    low, high = min(o.value - o.err for o in own), max(o.value + o.err for o in own)
                    s = s.plus(Sum((low + high) / 2, (high - low) / 2, max(o.size for o in own),
                                   max(o.terms for o in own), max(o.den for o in own)))  # fmt: skip
            found.append((s.value, s.err + self.rounding(s), s.den))
        return found

    def score(self, keys, queries):
        """Σ k·q: its value, error by k's and q's, size, and how many products are not 0."""
        s = Sum(ZERO, ZERO, ZERO, 0, 1)
        for (k, of_k, den_k), (q, of_q, den_q) in zip(keys, queries, strict=True):
            if (k or of_k) and (q or of_q):
                off = abs(k) * of_q + abs(q) * of_k + of_k * of_q
                s = s.plus(Sum(k * q, off, abs(k * q) + off, 1, den_k * den_q))
        return s

    def scores(self, block, of, width):
        """Where scores lie, for any pair of a key and a query: see the comments at `bounds`."""
        start, parts, whole = 0, [], Sum(ZERO, ZERO, ZERO, 0, 1)
        w_k, b_k, w_q, b_q = of["W_K"], of["b_K"], of["W_Q"], of["b_Q"]
        for c in block["comparisons"]:
            first, start_next = c["columns"]
            need(first == start <= start_next <= width, "the comparisons' columns leave a gap")
            some, start = slice(start, start_next), start_next
            keys = self.side(Table(c["keys"]), w_k[some], b_k[some])
            queries = self.side(Table(c["queries"]), w_q[some], b_q[some])
            found = {True: [], False: []}
            for (of_key, key), (of_query, query) in product(keys, queries):
                found[c["holds"][of_key][of_query] == "1"].append(self.score(key, query))
            both = found[True] + found[False]
            need(both, "nothing is compared")
            whole = whole.plus(self.largest(both))
            parts.append([around(found[True]), around(found[False])])
        levels = []
        if block["ranking"] is not None:
            some, start = slice(start, start + 1), start + 1
            asked = self.extents(w_q[some], b_q[some], False)
            found = {}
            for level, key in self.side(Table(block["ranking"]), w_k[some], b_k[some]):
                found.setdefault(level, []).append(self.score(key, asked))
            levels = [around(found[level]) for level in sorted(found)]
            whole = whole.plus(self.largest([s for of in found.values() for s in of]))
        k, q = ({b: self.extents(of[f"W_{x}"], of[f"b_{x}"], b) for b in (0, 1)} for x in "KQ")
        rest = self.score(k[0][start:], q[0][start:])
        whole = whole.plus(rest)
        bos, own, foreign = self.score(k[1], q[0]), self.score(k[1], q[1]), self.score(k[0], q[1])
        by = [self.rounding(s) for s in (whole, bos, own, foreign)]
        bos, own, foreign = (
            (s.value - s.err - r, s.value + s.err + r)
            for s, r in zip((bos, own, foreign), by[1:], strict=True)
        )
        return Scores(parts, levels, around([rest]), by[0], bos, own[0] - foreign[1])

    def largest(self, sums):
        return Sum(
            ZERO, max(s.err for s in sums), max(s.size for s in sums),
            max(s.terms for s in sums), max(s.den for s in sums),
        )  # fmt: skip

    def head(self, component, block):
        """Weights are p_i = e^s_i / Σ e^s_j; scores are known only by where they lie."""
        table, place = Table(block["values"]), self.place(component["variable"])
        kind = block["kind"]
        at, h = f"blocks.{component['layer']}.attn.", component["start"]
        of = {f"W_{x}": self.columns(f"{at}W_{x}", h) for x in "QKVO"}
        of |= {f"b_{x}": self.vector(f"{at}b_{x}", h) for x in "QKV"}
        result = self.writes(component, place, table.values)
        width, lane = len(of["b_V"]), result.lane
        need(all(i in lane or not w for i, w in enumerate(of["W_O"])), "it writes to others' columns")
        outs = [of["W_O"][i] for i in lane]
        need(all(len(w) == 1 for w in outs), "it does not write each value as it is")
        scale = next(iter(outs[0].values())) if outs else ONE
        need(all(list(w.values()) == [scale] for w in outs), "it scales values differently")
        need(kind == "sum" or scale == 1, "it scales values")
        need(kind in ("sum", "mean", "move"), f"{kind} is no kind of head")
        source = [next(iter(w)) for w in outs]
        idle = set(range(width)) - set(source)
        need(not any(of["W_V"][i] or of["b_V"][i] for i in idle), "it reads what it does not write")
        if kind != "move":
            need(place["encoding"]["kind"] == "number", "only numbers are added up")
        scores = self.scores(block, of, width)
        value = self.values_read(block, table, kind, place, result, of, source)
        default = None  # which value stands where nothing is selected, if that can be
        if kind != "sum" and not self.always(block):
            default = self.index(result).get(identity(block["default"]))
            if default is None:
                self.taken.append(f"{result.name} always selects something")
        if kind != "move":
            self.taken.append(f"the {kind} {result.name} has no other values than are listed")
        if kind == "move" and not self.alike(block, table):
            self.taken.append(f"the values that {result.name} selects are equal")
        self.attend(kind, scores, value, result, scale, default)
        return result

    def index(self, held):
        return {identity(v): i for i, v in enumerate(held.values)}

    def values_read(self, block, table, kind, place, result, of, source):
        """Per column written: how far what is read at keys is from each value's coordinate (at
        most); the size of all that is read; what is read at BOS, and how far off."""
        w, b = [of["W_V"][c] for c in source], [of["b_V"][c] for c in source]
        variables, index = self.operands(table, w), self.index(result)
        found = []
        for j, (column, bias) in enumerate(zip(w, b, strict=True)):
            off, size = [ZERO] * len(index), ZERO
            for (cell, code), s in zip(table.cells(), self.read(variables, column, bias), strict=True):
                if code < 0:
                    continue
                err, value = s.err + self.rounding(s), table.values[code]
                size = max(size, abs(s.value) + err)
                if value is None:
                    need(self.never_selected(block, table, cell), "it may select what is undefined")
                elif kind == "move":
                    need(identity(value) in index, f"it moves {value!r}, which it cannot hold")
                    i = index[identity(value)]
                    off[i] = max(off[i], up(abs(s.value - result.rows[i][j]) + err))
                else:
                    wanted = self.number(place, value)[j]
                    off = [max(off[0], up(abs(s.value - wanted) + err))] * len(index)
            bos = self.read_at_bos(variables, column, bias)
            err = bos.err + self.rounding(bos)
            found.append((off, max(size, abs(bos.value) + err), bos.value, err))
        return found

    def attend(self, kind, scores, values, result, scale, default):
        n, (low, high), (bos_low, bos_high) = self.n, scores.chosen, scores.bos
        # Roundings of a weight and of what it carries: two exponentials, two sums of n + 1, a
        # quotient, rescaling, products. `lost` is what underflow takes of n + 1 products.
        r, lost = self.gamma(2 * (n + 1) + 2 * 8 + 2 * 4 + 4), 4 * (n + 1) * self.LEAST
        need(r <= 1, "a sum has more terms than the format can add up")
        # At BOS all others together weigh at most n·e^-at_bos. If that is far below u, 1 + it is 1,
        # and adding what they bring to what BOS holds is off by no more than what they bring.
        need(scores.at_bos > 0, "BOS does not attend to itself")
        rest = n * exp_between(-scores.at_bos)[1]
        alone = rest <= self.u / 8
        if rest < Q(1, 2**160) and self.bits < 53:
            rest = ZERO
        for j, (_, size, bos, bos_err) in enumerate(values):
            err = bos_err + (ZERO if alone else r * (abs(bos) + bos_err) + lost) + 4 * rest * size
            if scale != 1 and (bos or err):
                err = scale * (err + self.gamma(1) * (abs(bos) + err)) + self.LEAST
            result.bos[j], result.bos_err[j] = scale * bos, up(err)
        if kind == "sum":
            return self.attend_sum(scores, values, result, scale, r, lost)
        # All that are not chosen weigh at most n·e^-gap in all; if none is chosen, the same of
        # all but BOS.
        gaps = [] if scores.never else [scores.gap, low - bos_high]
        if default is not None and scores.others is not None:
            gaps.append(bos_low - scores.others)
        need(min(gaps) > 0, f"scores leave a gap of {float(min(gaps)):.2g}")
        leak = n * exp_between(-min(gaps))[1]
        # The chosen, w of them, weigh between e^-spread/w and e^spread/w each.
        uneven = exp_between(2 * scores.spread)[1] - 1 + r
        for j, (off, size, bos, bos_err) in enumerate(values):
            for i, row in enumerate(result.rows):
                if kind == "move":  # all v are equal, and Σ p·v = v, however they share
                    err = off[i] * (1 + r) + r * abs(row[j])
                else:
                    err = off[i] * (1 + uneven) + uneven * size
                if i == default:
                    err = max(err, abs(bos - row[j]) + bos_err + r * (abs(bos) + bos_err))
                result.err[i][j] = up(err + 4 * leak * size + lost)
        return None

    def attend_sum(self, scores, values, result, scale, r, lost):
        """BOS, at score b, holds 0 and outweighs all: of a key at score s arrives scale·e^(s-b)·v
        / (1 + f), where f, the others' weight, is at most n·e^(most - b). Calibrated, so that
        scale·e^(s-b) is nearly 1."""
        n, (low, high), (bos_low, bos_high) = self.n, scores.chosen, scores.bos
        code = self.place(result.name)["encoding"]
        need(code["offset"] == 0 and code["sign"] == 1, "a sum is not counted from 0")
        if scores.never or scores.ranked or scale <= 0:
            raise NotFollowed(f"{result.name} is a sum of nothing, ranked, or scaled below 0")
        most = max([high] + ([] if scores.others is None else [scores.others]))
        need(bos_low > most, "BOS does not outweigh the keys that are added up")
        far = bos_high - low
        need(exp_between(-far)[0] > 2 * self.LEAST, "a key's weight is below the format's least")
        r = r + 2 * (exp_between(2 * self.u * far)[1] - 1)  # s - b is rounded, too
        least = scale * exp_between(-far)[0] / (1 + n * exp_between(most - bos_low)[1])
        share = max(scale * exp_between(high - bos_low)[1] * (1 + r) - 1, 1 - least * (1 - r))
        rest = ZERO if scores.others is None else n * exp_between(scores.others - bos_low)[1]
        for j, (off, size, bos, bos_err) in enumerate(values):
            beside = scale * (1 + r) * (rest * size + abs(bos) + bos_err) + scale * lost
            negative = any(row[j] < 0 for row in result.rows)
            for i, row in enumerate(result.rows):
                own = share * (n * size if negative else abs(row[j]))
                result.err[i][j] = up(own + n * off[i] * (1 + share) + beside)

    # What a selection is like follows from its comparisons.

    def always(self, block):
        """Whether every query selects a key: all keys, or at least the one at its own position."""
        for c in block["comparisons"]:
            keys, queries = Table(c["keys"]), Table(c["queries"])
            own = keys.names == queries.names and all(
                k >= 0 and q >= 0 and c["holds"][k][q] == "1"
                for k, q in zip(keys.codes, queries.codes, strict=True)
            )
            if not own and "0" in "".join(c["holds"]):
                return False
        return True

    def alike(self, block, table):
        """Whether all keys that one query selects have the same value: it is selected by the
        position itself, or by all that the value depends on, or there is but one value."""
        fixed = set()
        for c in block["comparisons"]:
            keys = Table(c["keys"])
            for axis, name in enumerate(keys.names):
                picked = {}
                for cell, code in keys.cells():
                    for q in range(len(c["holds"][0])):
                        if code >= 0 and c["holds"][code][q] == "1":
                            picked.setdefault(q, set()).add(cell[axis])
                if all(len(p) == 1 for p in picked.values()):
                    fixed.add(name)
        by_position = {h.name for h in self.held.values() if h.by_position}
        defined = {identity(v) for v in table.values if v is not None}
        return bool(fixed & by_position) or set(table.names) <= fixed or len(defined) <= 1

    def never_selected(self, block, table, cell):
        """Whether some comparison fails for all keys with these values, whatever the query."""
        here = dict(zip(table.names, cell, strict=True))
        for c in block["comparisons"]:
            keys = Table(c["keys"])
            if not any(
                code >= 0 and "1" in c["holds"][code]
                and all(here.get(n, i) == i for n, i in zip(keys.names, other, strict=True))
                for other, code in keys.cells()
            ):  # fmt: skip
                return True
        return False

    # ------------------------------------------------------------ the output

    def output(self, table):
        """How far a score, or the number, can be off, and what is left of the distance to the next
        (1: all of it)."""
        w, b = self.columns("unembed.W_U"), self.vector("unembed.b_U")
        variables = self.operands(table, w)
        sums = [self.read(variables, column, bias) for column, bias in zip(w, b, strict=True)]
        out = self.config["output_values"]
        names = None if out is None else [identity(v) for v in out]
        need(out is None or len(set(names)) == len(names) == len(w), "what the outputs mean")
        worst, room = ZERO, ONE
        numbers = sorted({Q(v) for v in table.values if is_number(v)})
        steps = [y - x for x, y in zip(numbers, numbers[1:])]
        unit = self.config["output_unit"]
        if out is None and unit is not None:
            need(unit > 0, "the unit of the output")
            need(all(abs(x - round(x / Q(unit)) * Q(unit)) < Q(unit) / 1000 for x in numbers), "unit")
            steps.append(Q(unit) * Q(98, 100))
        need(max(table.codes) >= 0, "no output is stated")
        for cell, code in enumerate(table.codes):
            if code < 0:
                continue
            found = [(s[cell].value, s[cell].err + self.rounding(s[cell])) for s in sums]
            value = table.values[code]
            if out is not None:
                right = names.index(identity(value))
                least = found[right][0] - found[right][1]
                others = [v + e for i, (v, e) in enumerate(found) if i != right]
                room = min(room, least - max(others, default=least - 1))
                wanted = [Q(i == right) for i in range(len(found))]
                worst = max(worst, *(abs(v - x) + e for (v, e), x in zip(found, wanted)))
                continue
            need(is_number(value) or value is None and self.config["output_undefined"], "no number")
            if self.config["output_undefined"]:
                v, e = found[1]
                room = min(room, 1 - 2 * (abs(v - (value is None)) + e))
            if value is not None:
                worst = max(worst, abs(found[0][0] - Q(value)) + found[0][1])
                room = min(room, 1 - 2 * worst / min(steps, default=ONE))
        return worst, room


def main(arguments):
    if len(arguments) != 1:
        print(__doc__)
        return 2
    checker = None
    try:
        checker = Checker(Path(arguments[0]))
        worst, room = checker.prove()
        need(room > 0, "nothing is left of the distance between outputs")
    except Refuted as why:
        print(f"NOT PROVED: {why}")
        return 1
    except NotFollowed as why:
        print(f"not followed: {why}")
        return 2
    except (OSError, KeyError, IndexError, TypeError, ValueError, struct.error) as why:
        print(f"NOT PROVED: the files are not what they should be ({why!r})")
        return 1
    print(f"{'block':24} {'kind':5} {'within':>9} {'at BOS':>9}")
    for name, kind, error, at_bos in checker.report:
        print(f"{name:24} {kind:5} {float(error):9.2g} {float(at_bos):9.2g}")
    print(f"output within {float(worst):.2g}; {float(room):.4f} of the distance is left")
    for fact in checker.taken:
        print(f"taken as given: {fact}")
    print(f"PROVED in {checker.config['dtype']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
