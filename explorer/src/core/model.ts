// A document with its weights unpacked.

import { Matrix, unpack } from "./arrays";
import type { ModelDocument } from "./document";
import { normOf } from "./norms";
import type { Half } from "./schedule";

export interface HeadWeights {
  query: Matrix;
  queryBias: Float64Array;
  key: Matrix;
  keyBias: Float64Array;
  value: Matrix;
  valueBias: Float64Array;
  out: Matrix;
}

export interface LayerWeights {
  heads: HeadWeights[];
  read: Matrix;
  readBias: Float64Array;
  write: Matrix;
  /** What each norm multiplies each column by, if the model has norms. */
  gains: Record<Half, Float64Array> | null;
}

export interface Model {
  document: ModelDocument;
  tokens: Matrix;
  positions: Matrix;
  layers: LayerWeights[];
  readout: Matrix;
  readoutBias: Float64Array;
  readoutGain: Float64Array | null;
  /** Where named directions lie in the stream, unless they are its columns. */
  basis: { write: Matrix; read: Matrix } | null;
}

export function prepare(document: ModelDocument): Model {
  const c = document.config;
  const flat = (name: string): Float64Array => {
    const data = document.arrays[name];
    if (!data) throw new Error(`the document has no array ${name}`);
    return unpack(data);
  };
  const matrix = (name: string, rows: number, columns: number) =>
    Matrix.from(flat(name), rows, columns);
  const behindNorms = normOf(c) !== "none";
  const layers = Array.from({ length: c.n_layers }, (_, layer) => {
    const block = `blocks.${layer}.`;
    const heads = (part: string, rows: number, columns: number) => {
      const all = flat(`${block}attn.W_${part}`);
      return Array.from({ length: c.n_heads }, (_, h) =>
        Matrix.from(all, rows, columns, h * rows * columns),
      );
    };
    const biases = (part: string) => {
      const all = flat(`${block}attn.b_${part}`);
      return Array.from({ length: c.n_heads }, (_, h) =>
        all.subarray(h * c.d_head, (h + 1) * c.d_head),
      );
    };
    const [q, k, v] = ["Q", "K", "V"].map((part) => ({
      weights: heads(part, c.d_model, c.d_head),
      biases: biases(part),
    })) as [HeadPart, HeadPart, HeadPart];
    const out = heads("O", c.d_head, c.d_model);
    return {
      heads: out.map((matrix, h) => ({
        query: at(q.weights, h),
        queryBias: at(q.biases, h),
        key: at(k.weights, h),
        keyBias: at(k.biases, h),
        value: at(v.weights, h),
        valueBias: at(v.biases, h),
        out: matrix,
      })),
      read: matrix(`${block}mlp.W_in`, c.d_model, c.d_mlp),
      readBias: flat(`${block}mlp.b_in`),
      write: matrix(`${block}mlp.W_out`, c.d_mlp, c.d_model),
      gains: behindNorms ? { attn: flat(`${block}ln1.w`), mlp: flat(`${block}ln2.w`) } : null,
    };
  });
  const named = document.circuit.directions.length;
  return {
    document,
    tokens: matrix("embed.W_E", c.d_vocab, c.d_model),
    positions: matrix("pos_embed.W_pos", c.n_ctx, c.d_model),
    layers,
    readout: matrix("unembed.W_U", c.d_model, c.d_out),
    readoutBias: flat("unembed.b_U"),
    readoutGain: behindNorms ? flat("ln_final.w") : null,
    basis: document.arrays["basis.write"]
      ? {
          write: matrix("basis.write", named, c.d_model),
          read: matrix("basis.read", c.d_model, named),
        }
      : null,
  };
}

interface HeadPart {
  weights: Matrix[];
  biases: Float64Array[];
}

/** An item that is known to be there. */
export function at<T>(items: readonly T[], index: number): T {
  const found = items[index];
  if (found === undefined) throw new Error(`no item ${index} of ${items.length}`);
  return found;
}
