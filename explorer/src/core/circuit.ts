// A ground-truth circuit over the steps of the page.

import type { CircuitView, ModelDocument } from "./document";
import type { Asked } from "./state";

export const LEVELS = ["component", "head", "qkv"];
export const ABLATIONS = ["none", "zero", "mean", "resample", "scramble"];

export function circuitOf(circuits: CircuitView[], asked: Asked): CircuitView | undefined {
  return circuits.find(
    ({ level, ablation }) => level === asked.level && ablation === asked.ablation,
  );
}

/** An edge as it is drawn: between the middles of the steps of its nodes. */
export interface Arc {
  from: number;
  to: number;
  sender: number[];
  receiver: number[];
  /** Into which of q, k and v it goes, where the level tells. */
  parts: string;
  /** How far it swings out, at most 1. */
  reach: number;
}

export function arcsOf(circuit: CircuitView): Arc[] {
  const found = new Map<string, Arc>();
  for (const { sender, receiver, part } of circuit.edges) {
    const [from, to] = [circuit.nodes[sender]?.steps ?? [], circuit.nodes[receiver]?.steps ?? []];
    if (from.length === 0 || to.length === 0) continue;
    const name = `${sender} ${receiver}`;
    const known = found.get(name);
    if (known) {
      known.parts += part;
      continue;
    }
    found.set(name, {
      from: middle(from),
      to: middle(to),
      sender: from,
      receiver: to,
      parts: part,
      reach: 0,
    });
  }
  const arcs = [...found.values()];
  const span = ({ from, to }: Arc) => Math.abs(to - from);
  const widest = Math.max(1, ...arcs.map(span));
  for (const arc of arcs) arc.reach = span(arc) / widest;
  return arcs;
}

function middle(steps: number[]): number {
  return ((steps[0] ?? 0) + (steps.at(-1) ?? 0)) / 2;
}

/** Whether a step belongs to a node of the circuit; none has it where no node stands for it. */
export function membership(circuit: CircuitView, step: number): "inside" | "outside" {
  const inside = circuit.nodes.some((node) => node.inside && node.steps.includes(step));
  return inside ? "inside" : "outside";
}

/** The names of the steps that read a step, with q, k and v where the level tells them apart. */
export function readersOf(document: ModelDocument, circuit: CircuitView, step: number): string[] {
  const parts = new Map<number, string>();
  for (const { sender, receiver, part } of circuit.edges) {
    if (circuit.nodes[sender]?.steps.includes(step)) {
      parts.set(receiver, (parts.get(receiver) ?? "") + part);
    }
  }
  return [...parts].map(([receiver, into]) => {
    const steps = circuit.nodes[receiver]?.steps ?? [];
    const name = steps.map((i) => document.steps[i]?.name ?? "").join(", ");
    return into === "" ? name : `${name} (${Array.from(into).join(", ")})`;
  });
}

/** What the circuit is, in a sentence. */
export function summary(circuit: CircuitView): string {
  const count = `${circuit.edges.length} of ${circuit.candidates} edges`;
  if (circuit.ablation === "none") return `${count}: who reads what whom wrote`;
  const data = `${circuit.inputs} inputs${circuit.exhaustive ? ", which are all" : ""}`;
  const open =
    circuit.unproven.length > 0 ? `; ${circuit.unproven.length} could not be decided` : "";
  return `${count}: those whose ${circuit.ablation} ablation, each by itself, changes an output on ${data}${open}`;
}
