import type { StepData } from "../core/document";

/** Where a step is, for a person. */
export function siteName(step: StepData): string {
  if (step.layer === null) return step.half === "embed" ? "embedding" : "read-out";
  return `layer ${step.layer}, ${step.half}`;
}
