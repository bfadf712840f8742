// The expression graph in rows: an expression stands below all that it is made of.

import type { Expression } from "./document";

export interface Placed {
  number: number;
  row: number;
  column: number;
}

/** Where each expression stands; within a row, near the middle of what it is made of. */
export function layered(expressions: Expression[]): Placed[] {
  const rows: number[] = [];
  for (const { operands } of expressions) {
    rows.push(Math.max(-1, ...operands.map((operand) => rows[operand] ?? 0)) + 1);
  }
  const columns: number[] = [];
  const placed: Placed[] = [];
  for (let row = 0; row <= Math.max(-1, ...rows); row++) {
    const here = expressions.flatMap((_, number) => (rows[number] === row ? [number] : []));
    const wanted = (number: number) => {
      const operands = expressions[number]?.operands ?? [];
      const sum = operands.reduce((total, operand) => total + (columns[operand] ?? 0), 0);
      return operands.length > 0 ? sum / operands.length : number;
    };
    here.sort((a, b) => wanted(a) - wanted(b) || a - b);
    here.forEach((number, column) => {
      columns[number] = column;
      placed.push({ number, row, column });
    });
  }
  return placed.sort((a, b) => a.number - b.number);
}

const SHORT = 12;

/** What an expression is called in a small box. */
export function caption({ name, text, kind }: Expression): string {
  if (name !== "") return cut(name);
  const bare = text.startsWith("(") && text.endsWith(")") ? text.slice(1, -1) : text;
  return bare.length <= SHORT ? bare : cut(kind === "map" ? bare : kind);
}

function cut(text: string): string {
  return text.length <= SHORT ? text : `${text.slice(0, SHORT - 1)}…`;
}
