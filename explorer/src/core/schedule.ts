// The order in which a model computes: the one place that knows which half-layers there are.

import type { Component, ModelDocument, StepData } from "./document";

export type Half = "attn" | "mlp";

/** A half-layer; the residual stream after it has the name `site`. */
export interface HalfLayer {
  site: string;
  layer: number;
  half: Half;
}

export const EMBED = "embed";
/** Who reads the stream after the last half-layer. */
export const OUTPUT = "output";

/** The half-layers in order. */
export function halfLayers(layers: number): HalfLayer[] {
  return Array.from({ length: layers }, (_, layer) =>
    (["attn", "mlp"] as const).map((half) => ({ site: `${layer}.${half}`, layer, half })),
  ).flat();
}

/** The site after which a step's result is there; the output is read after the last. */
export function siteOf(document: ModelDocument, step: StepData): string {
  if (step.site !== OUTPUT) return step.site;
  return halfLayers(document.config.n_layers).at(-1)?.site ?? EMBED;
}

/** The half-layer, or the output, that reads the stream as it is at a site. */
export function readerAfter(document: ModelDocument, site: string): string {
  const sites = [EMBED, ...halfLayers(document.config.n_layers).map((half) => half.site)];
  return sites[sites.indexOf(site) + 1] ?? OUTPUT;
}

/** The site whose residual stream the heads of a layer read. */
export function siteBefore(layer: number): string {
  return layer === 0 ? EMBED : `${layer - 1}.mlp`;
}

/** What a step shows of the circuit, unless it is an embedding or the output. */
export function componentOf(document: ModelDocument, step: StepData): Component | undefined {
  return document.circuit.components[step.component];
}

/** Per variable the number of the step that writes it; BOS is there from the first. */
export function writtenAt(document: ModelDocument): Map<string, number> {
  const found = new Map([["bos", 0]]);
  document.steps.forEach((step, i) => {
    if (step.writes !== null) found.set(step.writes, i);
  });
  return found;
}

/** The number of the last step that reads a variable, or of the one that writes it. */
export function lastRead(document: ModelDocument, variable: string): number {
  return document.steps.reduce(
    (last, step, i) => (step.reads.includes(variable) || step.writes === variable ? i : last),
    0,
  );
}
