// What is inside a head and inside hidden units, along the named directions.

import { Matrix } from "./arrays";
import type { Component, Value } from "./document";
import type { HeadRun, Run } from "./forward";
import { at, type HeadWeights, type Model } from "./model";
import { placeOf } from "./reading";

/** A direction that a weight reads or writes, or the bias, which is there everywhere. */
export interface End {
  label: string;
  variable: string;
  index: number;
}

export const BIAS = -1;

/** How much a query's direction and a key's add to the score. */
export interface QueryKeyTable {
  queries: End[];
  keys: End[];
  scores: number[][];
}

/** What a head writes for what it reads at the key. */
export interface ValueLink {
  from: End;
  to: End;
  weight: number;
}

export interface HeadParts {
  queries: string[];
  keys: string[];
  values: string[];
  table: QueryKeyTable;
  moved: ValueLink[];
}

/** A hidden unit: relu(what it reads + bias), times what it writes. */
export interface Unit {
  number: number;
  reads: [End, number][];
  bias: number;
  writes: [End, number][];
}

export function headOf(model: Model, component: Component): HeadWeights {
  return at(at(model.layers, component.layer).heads, component.start);
}

export function headRun(run: Run, component: Component): HeadRun {
  return at(at(run.heads, component.layer), component.start);
}

function end(model: Model, index: number): End {
  if (index === BIAS) return { label: "always", variable: "", index };
  const direction = at(model.document.circuit.directions, index);
  return { label: at(model.document.labels, index), variable: direction.variable, index };
}

/** A matrix that reads the stream, by named directions. */
function reading(model: Model, matrix: Matrix): Matrix {
  return model.basis ? model.basis.write.times(matrix) : matrix;
}

/** A matrix that writes to the stream, by named directions. */
function writing(model: Model, matrix: Matrix): Matrix {
  return model.basis ? matrix.times(model.basis.read) : matrix;
}

interface Side {
  ends: End[];
  rows: Float64Array[];
}

function side(model: Model, matrix: Matrix, bias: Float64Array, component: Component): Side {
  const named = reading(model, matrix);
  const of = new Set([...component.reads, "bos"]);
  const found: Side = { ends: [], rows: [] };
  for (let i = 0; i < named.rows; i++) {
    const it = end(model, i);
    if (named.isZero(i) || (model.basis && !of.has(it.variable))) continue;
    found.ends.push(it);
    found.rows.push(named.row(i));
  }
  if (bias.some((x) => x !== 0)) {
    found.ends.push(end(model, BIAS));
    found.rows.push(bias);
  }
  return found;
}

function variables(of: Side): string[] {
  const names = of.ends.map((it) => it.variable).filter((name) => name !== "" && name !== "bos");
  return [...new Set(names)];
}

/** What a head compares and what it moves. */
export function headParts(model: Model, component: Component): HeadParts {
  const head = headOf(model, component);
  const queries = side(model, head.query, head.queryBias, component);
  const keys = side(model, head.key, head.keyBias, component);
  const values = side(model, head.value, head.valueBias, component);
  const out = writing(model, head.out);
  const place = placeOf(model.document, component.variable);
  const moved = values.ends.flatMap((from, i) => {
    const links: ValueLink[] = [];
    const row = at(values.rows, i);
    const written = new Float64Array(out.columns);
    row.forEach((x, d) => {
      if (x !== 0) out.each(d, (to, entry) => (written[to] = (written[to] ?? 0) + x * entry));
    });
    written.forEach((weight, to) => {
      const own = place && place.start <= to && to < place.stop;
      if (weight !== 0 && own) links.push({ from, to: end(model, to), weight });
    });
    return links;
  });
  const scores = queries.rows.map((q) => {
    const terms = [...q.entries()].filter(([, x]) => x !== 0);
    return keys.rows.map((k) => terms.reduce((sum, [d, x]) => sum + x * (k[d] ?? 0), 0));
  });
  return {
    queries: variables(queries),
    keys: variables(keys),
    values: variables(values),
    table: { queries: queries.ends, keys: keys.ends, scores },
    moved,
  };
}

/** The hidden units of a component. */
export function unitsOf(model: Model, component: Component): Unit[] {
  const layer = at(model.layers, component.layer);
  const read = reading(model, layer.read);
  const write = writing(model, layer.write);
  const wide = model.basis !== null;
  const units: Unit[] = [];
  for (let number = component.start; number < component.stop; number++) {
    units.push({ number, reads: [], bias: layer.readBias[number] ?? 0, writes: [] });
  }
  for (let i = 0; i < read.rows; i++) {
    const it = end(model, i);
    if (wide && !component.reads.includes(it.variable) && it.variable !== "bos") continue;
    read.each(i, (number, weight) => units[number - component.start]?.reads.push([it, weight]));
  }
  for (const unit of units) {
    write.each(unit.number, (i, weight) => {
      const it = end(model, i);
      if (!wide || it.variable === component.variable) unit.writes.push([it, weight]);
    });
  }
  return units;
}

/** Terms with `a · x` in place of a weight per value of x, where the weights are just that. */
export function summed(model: Model, terms: [End, number][]): [End, number][] {
  const { variables, directions } = model.document.circuit;
  const found: [End, number][] = [];
  for (const name of new Set(terms.map(([it]) => it.variable))) {
    const own = terms.filter(([it]) => it.variable === name);
    const place = variables.find((variable) => variable.name === name);
    const values = directions.slice(place?.start, place?.stop).map((it) => it.values);
    const weights = new Map(own.map(([it, weight]) => [it.index - (place?.start ?? 0), weight]));
    const slope = slopeOf(values, weights);
    const first = own[0];
    if (slope === null || own.length < 3 || !first) found.push(...own);
    else found.push([{ label: name, variable: name, index: first[0].index }, slope]);
  }
  return found;
}

/** The a with which every direction of a number's value v has the weight a · v, if there is one. */
function slopeOf(values: Value[][], weights: Map<number, number>): number | null {
  let slope: number | null = null;
  for (const [i, [value, ...others]] of values.entries()) {
    const weight = weights.get(i) ?? 0;
    if (typeof value !== "number" || others.length > 0) return null;
    if (value !== 0) slope ??= weight / value;
    if (Math.abs(weight - (slope ?? 0) * value) > 1e-6 * Math.abs(weight)) return null;
  }
  return slope;
}

/**
 * Which keys each query selects (queries and keys without BOS), as a 0/1 grid.
 *
 * A head that adds up scales what it reads so that each selected key counts once, beside a BOS that
 * is heavier; elsewhere the selected keys share the largest weight, and BOS takes it when there is
 * none.
 */
export function selection(model: Model, component: Component, run: Run): boolean[][] {
  const { pattern } = headRun(run, component);
  const n = run.positions;
  const scale = component.construction === "sum" ? outScale(model, component) : 0;
  return Array.from({ length: n - 1 }, (_, i) => {
    const row = pattern.subarray((i + 1) * n, (i + 2) * n);
    const bos = row[0] ?? 0;
    const largest = Math.max(...row);
    const selected = (weight: number) =>
      scale > 0 ? weight * scale > bos / 2 : weight > largest / 2;
    return [...row.subarray(1)].map(selected);
  });
}

function outScale(model: Model, component: Component): number {
  const out = writing(model, headOf(model, component).out);
  let largest = 0;
  for (let i = 0; i < out.rows; i++)
    out.each(i, (_, entry) => (largest = Math.max(largest, entry)));
  return largest;
}
