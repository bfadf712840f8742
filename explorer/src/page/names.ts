import { OUTPUT } from "../core/schedule";
import type { StepData } from "../core/document";

/** Who reads the stream, by the site that it writes. */
export function readerName(reader: string): string {
  if (reader === OUTPUT) return "The read-out";
  const [layer, half] = reader.split(".");
  return `${half === "attn" ? "Attention" : "The MLP"} of layer ${layer}`;
}

/** Where a step is, for a person. */
export function siteName(step: StepData): string {
  if (step.layer === null) return step.half === "embed" ? "embedding" : "read-out";
  return `layer ${step.layer}, ${step.half}`;
}
