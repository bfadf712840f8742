// What is shown, as the fragment of the page's address, so that a view can be shared.

import type { ModelDocument } from "./document";
import { ABLATIONS, LEVELS } from "./circuit";
import { parse, write } from "./tokens";

/** A variable (by the name of its expression) that is set at a position, by the value's text. */
export interface Setting {
  name: string;
  position: number;
  value: string;
}

/** A circuit by the question that it answers. */
export interface Asked {
  level: string;
  ablation: string;
}

export interface View {
  ids: number[];
  step: number;
  /** Steps that were opened or closed against the rule that the current one is open. */
  toggled: number[];
  /** The variable whose parts stay lit. */
  pinned: string | null;
  settings: Setting[];
  /** The circuit that is drawn over the network. */
  circuit: Asked | null;
  /** Whether the second network is shown. */
  beside: boolean;
}

export function firstView(document: ModelDocument): View {
  return {
    ids: document.input,
    step: 0,
    toggled: [],
    pinned: null,
    settings: [],
    circuit: null,
    beside: false,
  };
}

export function toFragment(document: ModelDocument, view: View): string {
  const parts = new URLSearchParams();
  parts.set("input", write(document, view.ids));
  parts.set("step", String(view.step));
  if (view.toggled.length > 0) parts.set("toggled", view.toggled.join(","));
  if (view.pinned !== null) parts.set("lit", view.pinned);
  for (const { name, position, value } of view.settings) {
    parts.append("set", JSON.stringify([name, position, value]));
  }
  if (view.circuit) parts.set("circuit", `${view.circuit.level} ${view.circuit.ablation}`);
  if (view.beside) parts.set("beside", "1");
  return parts.toString();
}

/** The view of a fragment; whatever in it does not fit this model is left out. */
export function fromFragment(document: ModelDocument, fragment: string): View {
  const parts = new URLSearchParams(fragment.replace(/^#/, ""));
  const view = firstView(document);
  const input = parts.get("input");
  const parsed = input === null ? null : parse(document, input);
  if (parsed?.ids) view.ids = parsed.ids;
  view.step = numberIn(parts.get("step"), document.steps.length) ?? 0;
  const toggled = (parts.get("toggled") ?? "").split(",");
  view.toggled = toggled.flatMap((text) => numberIn(text, document.steps.length) ?? []);
  const lit = parts.get("lit");
  if (document.variables.some((variable) => variable.name === lit)) view.pinned = lit;
  view.settings = parts.getAll("set").flatMap((text) => setting(text, view.ids.length) ?? []);
  const [level = "", ablation = ""] = (parts.get("circuit") ?? "").split(" ");
  if (LEVELS.includes(level) && ABLATIONS.includes(ablation)) view.circuit = { level, ablation };
  view.beside = parts.get("beside") === "1" && document.beside !== null;
  return view;
}

function numberIn(text: string | null, below: number): number | null {
  return text !== null && /^\d+$/.test(text) && Number(text) < below ? Number(text) : null;
}

function setting(text: string, positions: number): Setting | null {
  try {
    const [name, position, value] = JSON.parse(text) as unknown[];
    const fits =
      typeof name === "string" &&
      typeof value === "string" &&
      Number.isInteger(position) &&
      Number(position) >= 0 &&
      Number(position) < positions;
    return fits ? { name, position: Number(position), value } : null;
  } catch {
    return null;
  }
}
