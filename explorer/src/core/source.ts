// A line of source text in pieces, each with the expressions that it belongs to.

import type { Expression, Place } from "./document";

export interface Segment {
  text: string;
  /** The smallest expression that covers the piece, and all that do. */
  innermost: number | null;
  covering: number[];
}

export function segments(
  expressions: Expression[],
  file: string,
  line: number,
  text: string,
): Segment[] {
  const here = expressions.flatMap((expression, number) => {
    const range = expression.place && rangeIn(expression.place, file, line, text.length);
    return range ? [{ number, ...range, size: sizeOf(expression.place) }] : [];
  });
  const cuts = [...new Set([0, text.length, ...here.flatMap(({ from, to }) => [from, to])])];
  cuts.sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, i) => {
    const to = cuts[i + 1] ?? text.length;
    const around = here.filter((range) => range.from <= from && to <= range.to);
    // Of those that are as small, the last: operands come first.
    around.sort((a, b) => b.size - a.size || a.number - b.number);
    return {
      text: text.slice(from, to),
      innermost: around.at(-1)?.number ?? null,
      covering: around.map(({ number }) => number),
    };
  });
}

function rangeIn(place: Place, file: string, line: number, length: number) {
  if (place.file !== file || line < place.line || line > place.end_line) return null;
  const from = line === place.line ? place.column : 0;
  const to = line === place.end_line ? place.end_column : length;
  return from < to ? { from, to: Math.min(to, length) } : null;
}

const WIDE = 1000;

function sizeOf(place: Place | null): number {
  return place ? (place.end_line - place.line) * WIDE + place.end_column - place.column : 0;
}
