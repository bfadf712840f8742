// The forward pass, in doubles over the stored weights: weights/forward.py in JavaScript.

import type { Activation } from "./document";
import { at, type HeadWeights, type LayerWeights, type Model } from "./model";
import { activated, normed } from "./norms";
import { EMBED, halfLayers, OUTPUT } from "./schedule";

export const BOS = 0;

/** What one head did: scores and pattern are query × key, BOS first. */
export interface HeadRun {
  scores: Float64Array;
  pattern: Float64Array;
  result: Float64Array;
}

/** All that a page shows of one input; positions count BOS. */
export interface Run {
  ids: number[];
  positions: number;
  /** The residual stream along the named directions, after each half-layer. */
  residual: Map<string, Float64Array>;
  heads: HeadRun[][];
  hidden: Float64Array[];
  logits: Float64Array;
  /** The stream's columns that no named direction has a part of, after each half-layer. */
  lanes: Map<string, Float64Array>;
  /** By what each norm divides each position, before the half-layer or the output that it serves. */
  scales: Map<string, Float64Array>;
}

/** The coordinates that replace what stands on a variable's directions at a position. */
export interface Edit {
  site: string;
  position: number;
  start: number;
  row: Float64Array;
}

/** Run the model on the ids of tokens; BOS is put before them. */
export function forward(model: Model, tokens: number[], edits: Edit[] = []): Run {
  const c = model.document.config;
  const ids = [BOS, ...tokens];
  const n = ids.length;
  const run: Run = {
    ids,
    positions: n,
    residual: new Map(),
    heads: [],
    hidden: [],
    logits: new Float64Array(),
    lanes: new Map(),
    scales: new Map(),
  };
  let stream = new Float64Array(n * c.d_model);
  ids.forEach((id, i) => {
    add(stream, i * c.d_model, model.tokens.row(id));
    add(stream, i * c.d_model, model.positions.row(i));
  });
  const keep = (site: string) => {
    for (const edit of edits) if (edit.site === site) replace(model, stream, edit);
    run.residual.set(site, named(model, stream));
    run.lanes.set(site, lanesOf(model, stream));
  };
  const read = (reader: string, gain: Float64Array | null | undefined) => {
    if (!gain) return stream;
    const behind = normed(c, stream, gain);
    run.scales.set(reader, behind.scales);
    return behind.stream;
  };
  keep(EMBED);
  for (const { site, layer, half } of halfLayers(c.n_layers)) {
    const weights = at(model.layers, layer);
    const x = read(site, weights.gains?.[half]);
    stream = Float64Array.from(stream);
    if (half === "attn") {
      const heads = weights.heads.map((head) => attend(head, x, n, c.causal));
      for (const head of heads) add(stream, 0, head.result);
      run.heads.push(heads);
    } else {
      const hidden = activate(weights, x, c.activation);
      add(stream, 0, weights.write.after(hidden));
      run.hidden.push(hidden);
    }
    keep(site);
  }
  run.logits = model.readout.after(read(OUTPUT, model.readoutGain), model.readoutBias);
  return run;
}

/** A stream along the named directions. */
function named(model: Model, stream: Float64Array): Float64Array {
  return model.basis ? model.basis.read.after(stream) : Float64Array.from(stream);
}

function attend(head: HeadWeights, x: Float64Array, n: number, causal: boolean): HeadRun {
  const q = head.query.after(x, head.queryBias);
  const k = head.key.after(x, head.keyBias);
  const v = head.value.after(x, head.valueBias);
  const width = head.query.columns;
  const scores = new Float64Array(n * n).fill(-Infinity);
  const pattern = new Float64Array(n * n);
  const z = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    const seen = causal ? i + 1 : n;
    let largest = -Infinity;
    for (let j = 0; j < seen; j++) {
      let score = 0;
      for (let d = 0; d < width; d++) score += (q[i * width + d] ?? 0) * (k[j * width + d] ?? 0);
      scores[i * n + j] = score;
      largest = Math.max(largest, score);
    }
    let total = 0;
    for (let j = 0; j < seen; j++) {
      const weight = Math.exp((scores[i * n + j] ?? 0) - largest);
      pattern[i * n + j] = weight;
      total += weight;
    }
    for (let j = 0; j < seen; j++) {
      const weight = (pattern[i * n + j] ?? 0) / total;
      pattern[i * n + j] = weight;
      for (let d = 0; d < width; d++) {
        z[i * width + d] = (z[i * width + d] ?? 0) + weight * (v[j * width + d] ?? 0);
      }
    }
  }
  return { scores, pattern, result: head.out.after(z) };
}

/** What stands in the columns beside the stream: a row per position. */
function lanesOf(model: Model, stream: Float64Array): Float64Array {
  const { config, lanes } = model.document;
  const rows = stream.length / config.d_model;
  return Float64Array.from(
    { length: rows * lanes.length },
    (_, i) =>
      stream[Math.floor(i / lanes.length) * config.d_model + at(lanes, i % lanes.length).column] ??
      0,
  );
}

function activate(weights: LayerWeights, x: Float64Array, kind?: Activation): Float64Array {
  return activated(weights.read.after(x, weights.readBias), kind);
}

function add(target: Float64Array, offset: number, what: Float64Array): void {
  what.forEach((number, i) => (target[offset + i] = (target[offset + i] ?? 0) + number));
}

/** As Edit.apply of lab/interventions/edits.py: in a basis, what is missing is added. */
function replace(model: Model, stream: Float64Array, edit: Edit): void {
  const width = model.document.config.d_model;
  const from = edit.position * width;
  if (!model.basis) {
    stream.set(edit.row, from + edit.start);
    return;
  }
  const held = model.basis.read.after(stream.slice(from, from + width));
  edit.row.forEach((wanted, i) => {
    const missing = wanted - (held[edit.start + i] ?? 0);
    model.basis?.write.each(edit.start + i, (column, entry) => {
      stream[from + column] = (stream[from + column] ?? 0) + missing * entry;
    });
  });
}
