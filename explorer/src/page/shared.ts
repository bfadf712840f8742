// What every part of the page is given.

import type { Model } from "../core/model";
import type { Run } from "../core/forward";
import type { CircuitView } from "../core/document";
import type { Asked, View } from "../core/state";

/** What the reader points at: a variable's parts, or an expression and the variables it is in. */
export interface Focus {
  variables: string[];
  expression: number | null;
}

/** What changes of the view, perhaps by what it is when the change is made. */
export type Change = Partial<View> | ((before: View) => Partial<View>);

export interface Shared {
  model: Model;
  /** The run that is shown, and the one without settings if there are any. */
  run: Run;
  base: Run | null;
  view: View;
  update: (change: Change) => void;
  focus: Focus | null;
  point: (focus: Focus | null) => void;
  /** The circuits that are known, and how another is asked for, where there is who computes it. */
  circuits: CircuitView[];
  ask: ((asked: Asked) => void) | null;
  /** How a page of what is shown is kept, where its address is no page for others. */
  keep: ((view: string) => void) | null;
}

/** Handlers for what lights up when it is pointed at or reached by keyboard. */
export function pointing(shared: Shared, focus: Focus) {
  return {
    onMouseEnter: () => shared.point(focus),
    onMouseLeave: () => shared.point(null),
    onFocus: () => shared.point(focus),
    onBlur: () => shared.point(null),
  };
}

export function variableFocus(model: Model, name: string): Focus {
  const found = model.document.variables.find((variable) => variable.name === name);
  return {
    variables: [name],
    expression: found && found.expression >= 0 ? found.expression : null,
  };
}

export function expressionFocus(model: Model, number: number): Focus {
  const found = model.document.expressions[number];
  const variables = found ? (found.variables.length > 0 ? found.variables : found.inside) : [];
  return { variables, expression: number };
}

/** Pin what a variable lights up, or let it go. */
export function pin(shared: Shared, name: string): void {
  shared.update({ pinned: shared.view.pinned === name ? null : name });
}

export function isLit(shared: Shared, name: string): boolean {
  return shared.focus?.variables.includes(name) ?? false;
}

export function colourOf(shared: Shared, name: string | null): string {
  const found = shared.model.document.variables.find((variable) => variable.name === name);
  return found?.colour ?? "var(--muted)";
}

/** A colour for CSS, made lighter in the dark by the style sheet. */
export function tint(colour: string): Record<string, string> {
  return { "--c": colour };
}

export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

/** Open exactly if it is the current step, or was toggled. */
export function isOpen(view: View, step: number): boolean {
  return (step === view.step) !== view.toggled.includes(step);
}

export function toggle(shared: Shared, step: number): void {
  const { toggled } = shared.view;
  const change = toggled.includes(step)
    ? toggled.filter((other) => other !== step)
    : [...toggled, step];
  shared.update({ toggled: change });
}

/** Go to a step; what had been toggled there is as it was at first. */
export function go(shared: Shared, step: number): void {
  move(shared, () => step);
}

/** Go to a step that is counted from the current one: keys may come faster than pages are drawn. */
export function move(shared: Shared, next: (step: number) => number): void {
  const last = shared.model.document.steps.length - 1;
  shared.update((before) => {
    const to = Math.min(Math.max(next(before.step), 0), last);
    return { step: to, toggled: before.toggled.filter((other) => other !== to) };
  });
}
