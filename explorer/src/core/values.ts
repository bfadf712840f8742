// Values of the language: when two are the same, and how they are shown.

import type { Value } from "./document";

/** Equal for equal values: `1`, `"1"` and `true` are three. */
export function key(value: Value): string {
  return JSON.stringify(value);
}

/** A value as text: words as they are, numbers to four digits. */
export function text(value: Value): string {
  if (value === null) return "undefined";
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return value;
  if ("tuple" in value) return `(${value.tuple.map(text).join(", ")})`;
  return "integer" in value ? value.integer : value.float;
}

/** A value in a narrow cell: T and F, – for undefined, ␣ for a blank. */
export function brief(value: Value): string {
  if (value === null) return "–";
  if (value === "") return "''";
  if (typeof value === "boolean") return value ? "T" : "F";
  return text(value).replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥");
}

export function number(given: number): string {
  if (Number.isInteger(given) && Math.abs(given) < 1e15) return String(given).replace("-", "−");
  if (!Number.isFinite(given)) return given > 0 ? "∞" : given < 0 ? "−∞" : "nan";
  const rounded = Number(given.toPrecision(4));
  const plain = Math.abs(rounded) >= 1e-3 && Math.abs(rounded) < 1e6;
  return (plain ? String(rounded) : rounded.toExponential()).replace("-", "−");
}
