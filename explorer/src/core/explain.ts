// A sentence on what a step does, and one on what it did to this input.

import { selection } from "./blocks";
import type { Component, StepData } from "./document";
import type { Run } from "./forward";
import type { Model } from "./model";
import { fully, placeOf, readVariable } from "./reading";
import { componentOf } from "./schedule";

export interface Explained {
  what: string;
  here: string;
}

/** What a kind of block does, for a reader who has never seen one. */
export function explain(model: Model, run: Run, step: StepData): Explained {
  const component = componentOf(model.document, step);
  if (component)
    return component.kind === "head" ? head(model, run, component) : units(model, run, component);
  if (step.half === "output") {
    return {
      what: "Reads the answer off the residual stream, at every position at once.",
      here: "",
    };
  }
  const fromToken = step.detail.startsWith("from the token");
  return {
    what: fromToken
      ? `The embedding of each token writes ${step.name} to the residual stream.`
      : `The embedding of each position writes ${step.name} to the residual stream.`,
    here: "",
  };
}

const HEADS: Record<string, string> = {
  move: "An attention head that fetches: each position looks at the one key that it selects, and copies what stands there.",
  mean: "An attention head that averages: each position spreads its attention evenly over the keys that it selects.",
  sum: "An attention head that adds up. BOS, which stands before every input, takes nearly all attention; every selected key gets the same tiny share of the rest, and what arrives is scaled up so that each share counts as one.",
};

function head(model: Model, run: Run, component: Component): Explained {
  const what = HEADS[component.construction] ?? "An attention head.";
  const rows = selection(model, component, run);
  const found = values(model, run, component.variable);
  const counts = rows.map((row) => row.filter(Boolean).length);
  const shown = Math.max(0, counts.indexOf(Math.max(...counts)));
  const keys = (rows[shown] ?? []).flatMap((selected, key) => (selected ? [key] : []));
  const result = found[shown] ?? "";
  const at = `Position ${shown} selects ${listed("position", keys)}`;
  return { what, here: `${at}: ${component.variable} there is ${result}.` };
}

function units(model: Model, run: Run, component: Component): Explained {
  const what =
    component.construction === "steps"
      ? "Hidden units that switch on one after another along a number line; together they turn the number into a value. Each position is computed by itself."
      : "Hidden units that each answer to a combination of values. Each position is computed by itself.";
  const reads = component.reads.map((name) => `${name} is ${values(model, run, name)[0] ?? "?"}`);
  const found = values(model, run, component.variable)[0] ?? "";
  const given = reads.length > 0 ? `${reads.join(" and ")}, so ` : "";
  return { what, here: `At position 0, ${given}${component.variable} is ${found}.` };
}

function values(model: Model, run: Run, name: string): string[] {
  const place = placeOf(model.document, name);
  return place ? readVariable(model.document, run, place).map(fully) : [];
}

function listed(noun: string, numbers: number[]): string {
  if (numbers.length === 0) return `no ${noun}`;
  if (numbers.length === 1) return `${noun} ${numbers.join("")}`;
  if (numbers.length > 6) return `${numbers.length} ${noun}s`;
  return `${noun}s ${numbers.slice(0, -1).join(", ")} and ${numbers.slice(-1).join("")}`;
}
