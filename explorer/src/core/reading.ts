// From directions to values and back: weights/reading.py and weights/coordinates.py in JavaScript.

import {
  finite,
  type ModelDocument,
  type Value,
  type Variable,
  type VariablePlace,
} from "./document";
import type { Run } from "./forward";
import { at } from "./model";
import { brief, key, number, text } from "./values";

/** What was read: a value, one of several that share a direction, or no value at all. */
export type Read =
  | { kind: "value"; value: Value }
  | { kind: "several"; values: Value[] }
  | { kind: "none"; coordinates: number[] };

const NOTHING = 1e-4;

/** A page asks often for the same. */
const KNOWN = new WeakMap<Run, Map<string, Read[]>>();

/** What a variable holds at every position once it is written, BOS left out. */
export function readVariable(document: ModelDocument, run: Run, place: VariablePlace): Read[] {
  const known = KNOWN.get(run) ?? new Map<string, Read[]>();
  KNOWN.set(run, known);
  const found = known.get(place.name) ?? readAnew(document, run, place);
  known.set(place.name, found);
  return found;
}

function readAnew(document: ModelDocument, run: Run, place: VariablePlace): Read[] {
  const stream = run.residual.get(place.written) ?? new Float64Array();
  const width = document.circuit.directions.length;
  const variable = variableOf(document, place.name);
  return Array.from({ length: run.positions - 1 }, (_, i) => {
    const from = (i + 1) * width;
    return readRow(
      document,
      place,
      variable,
      stream.subarray(from + place.start, from + place.stop),
    );
  });
}

export function variableOf(document: ModelDocument, name: string): Variable {
  const found = document.variables.find((variable) => variable.name === name);
  if (!found) throw new Error(`no variable ${name}`);
  return found;
}

export function placeOf(document: ModelDocument, name: string): VariablePlace | undefined {
  return document.circuit.variables.find((place) => place.name === name);
}

function readRow(
  document: ModelDocument,
  place: VariablePlace,
  variable: Variable,
  row: Float64Array,
): Read {
  const found = valuesAt(document, place, row, variable.tolerance);
  if (found.length === 0) return { kind: "none", coordinates: [...row] };
  return found.length === 1
    ? { kind: "value", value: at(found, 0) }
    : { kind: "several", values: found };
}

function valuesAt(
  document: ModelDocument,
  place: VariablePlace,
  row: Float64Array,
  tolerance: number,
): Value[] {
  const held = place.encoding;
  switch (held.kind) {
    case "number":
      return numbers(place, row, tolerance);
    case "one-hot":
      return chosen(document, place, row);
    case "features":
      return held.values.filter((_, i) =>
        at(held.rows, i).tuple.every((x, j) => Math.abs(x - (row[j] ?? 0)) <= tolerance),
      );
    case "flag":
      return [];
  }
}

function numbers(place: VariablePlace, row: Float64Array, tolerance: number): Value[] {
  if (row.length === 2 && (row[1] ?? 0) > 0.5) return [null];
  const held = place.encoding;
  const found = held.sign * (row[0] ?? 0) + held.offset;
  const blank = held.undefined && row.length === 1 && Math.abs(row[0] ?? 0) <= tolerance;
  const near: Value[] = held.values.filter(
    (value) => isNumber(value) && Math.abs(Number(value) - found) <= tolerance,
  );
  if (blank) near.unshift(null);
  return blank || near.length === 1 ? near : [Number(found.toPrecision(12))];
}

function isNumber(value: Value): boolean {
  return typeof value === "number" || typeof value === "boolean";
}

function chosen(document: ModelDocument, place: VariablePlace, row: Float64Array): Value[] {
  const directions = document.circuit.directions.slice(place.start, place.stop);
  const set = directions.filter((_, i) => (row[i] ?? 0) > 0.5);
  if (row.some((x) => Math.abs(x - Math.round(x)) >= 0.25) || set.length > 1) return [];
  if (set.length === 1) return at(set, 0).values;
  const withOne = new Set(directions.flatMap((direction) => direction.values.map(key)));
  return place.encoding.values.filter((value) => !withOne.has(key(value)));
}

/** What stands on a variable's directions where it has a value that it can take. */
export function coordinates(document: ModelDocument, place: VariablePlace, value: Value) {
  const directions = document.circuit.directions.slice(place.start, place.stop);
  const held = place.encoding;
  if (held.kind === "features") {
    const index = held.values.findIndex((known) => key(known) === key(value));
    return Float64Array.from(at(held.rows, index).tuple);
  }
  if (held.kind === "number") {
    const given = isNumber(value) ? held.sign * (Number(value) - held.offset) : 0;
    return Float64Array.from([given, value === null ? 1 : 0].slice(0, directions.length));
  }
  return Float64Array.from(directions, ({ values }) =>
    values.some((known) => key(known) === key(value)) ? 1 : 0,
  );
}

/** Whether a value is among those that a variable can take. */
export function canHold(place: VariablePlace, value: Value): boolean {
  const held = place.encoding;
  if (held.values.length > 0 || held.kind !== "number") {
    return held.values.some((known) => key(known) === key(value));
  }
  if (value === null) return held.undefined;
  return isNumber(value) && finite(held.low) <= Number(value) && Number(value) <= finite(held.high);
}

/** The model's output at every position, BOS left out. */
export function outputs(document: ModelDocument, run: Run): Value[] {
  const { output_values: values, output_undefined, output_unit: unit, d_out } = document.config;
  return Array.from({ length: run.positions - 1 }, (_, i) => {
    const row = run.logits.subarray((i + 1) * d_out, (i + 2) * d_out);
    if (values) return at(values, row.indexOf(Math.max(...row)));
    if (output_undefined && (row[1] ?? 0) > 0.5) return null;
    const found = row[0] ?? 0;
    return Number((unit === null ? found : Math.round(found / unit) * unit).toPrecision(12));
  });
}

/** What was read, for a cell. */
export function briefly(read: Read): string {
  switch (read.kind) {
    case "value":
      return typeof read.value === "number" && Math.abs(read.value) < NOTHING
        ? "0"
        : brief(read.value);
    case "several":
      return read.values.slice(0, 3).map(brief).join("|") + (read.values.length > 3 ? "|…" : "");
    case "none":
      return read.coordinates.every((x) => Math.abs(x) < NOTHING) ? "·" : "?";
  }
}

/** What was read, in full. */
export function fully(read: Read): string {
  switch (read.kind) {
    case "value":
      return text(read.value);
    case "several":
      return `one of ${read.values.map(text).join(", ")}, which share a direction`;
    case "none":
      return `no value: (${read.coordinates.map(number).join(", ")})`;
  }
}
