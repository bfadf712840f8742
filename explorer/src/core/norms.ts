// Norms and smooth hidden units: `normed` and `activated` of weights/forward.py in JavaScript.

import type { Activation, Config, Norm } from "./document";
import type { Model } from "./model";
import type { Half } from "./schedule";

export function normOf(config: Config): Norm {
  return config.norm ?? "none";
}

/** What the norm before a reader multiplies every column by; 1 where there is no norm. */
export function gainOf(model: Model, reader: string): number {
  const [layer, half] = reader.split(".");
  const gains = half ? model.layers[Number(layer)]?.gains?.[half as Half] : model.readoutGain;
  return gains?.[0] ?? 1;
}

export interface Behind {
  stream: Float64Array;
  /** By what each position is divided. */
  scales: Float64Array;
}

/** A stream behind a norm: less its mean if it is a layer norm, over its root mean square. */
export function normed(config: Config, stream: Float64Array, gain: Float64Array): Behind {
  const width = config.d_model;
  const scales = new Float64Array(stream.length / width);
  const found = Float64Array.from(stream);
  for (let i = 0; i < scales.length; i++) {
    const row = found.subarray(i * width, (i + 1) * width);
    if (normOf(config) === "layer") {
      const middle = mean(row, (x) => x);
      row.forEach((x, j) => (row[j] = x - middle));
    }
    const scale = Math.sqrt(mean(row, (x) => x * x) + (config.norm_epsilon ?? 0));
    row.forEach((x, j) => (row[j] = (x / scale) * (gain[j] ?? 0)));
    scales[i] = scale;
  }
  return { stream: found, scales };
}

function mean(row: Float64Array, of: (x: number) => number): number {
  return row.reduce((sum, x) => sum + of(x), 0) / row.length;
}

const SLOPE = Math.sqrt(2 / Math.PI);

const UNITS: Record<Activation, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(SLOPE * (x + 0.044715 * (x * x * x)))),
  silu: (x) => x / (1 + Math.exp(-x)),
};

/** Hidden units, by what they have read. */
export function activated(read: Float64Array, kind: Activation = "relu"): Float64Array {
  return read.map(UNITS[kind]);
}
