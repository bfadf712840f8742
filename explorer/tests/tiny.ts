// A model small enough to follow by hand: one head that fetches the last token, two tokens.

import type { ArrayData, ModelDocument } from "../src/core/document";

export function packed(shape: number[], numbers: number[]): ArrayData {
  const bytes = new Uint8Array(new Float32Array(numbers).buffer);
  return {
    shape,
    dtype: "float32",
    numbers: btoa(String.fromCharCode(...bytes)),
    index: null,
  };
}

const encoding = {
  rows: [],
  offset: 0,
  sign: 1,
  low: 0,
  high: 0,
  undefined: false,
};

export function tiny(): ModelDocument {
  const oneHot = { ...encoding, kind: "one-hot" as const, values: ["a", "b"] };
  return {
    format: 3,
    name: "copy",
    about: "",
    sizes: "",
    config: {
      n_layers: 1,
      n_heads: 1,
      d_model: 5,
      d_head: 2,
      d_mlp: 0,
      n_ctx: 4,
      d_vocab: 4,
      d_out: 2,
      causal: false,
      dtype: "float32",
      output_values: ["a", "b"],
      output_undefined: false,
      output_unit: null,
    },
    circuit: {
      program: "copy",
      directions: [
        { index: 0, variable: "bos", values: [], role: "" },
        { index: 1, variable: "tokens", values: ["a"], role: "" },
        { index: 2, variable: "tokens", values: ["b"], role: "" },
        { index: 3, variable: "copy", values: ["a"], role: "" },
        { index: 4, variable: "copy", values: ["b"], role: "" },
      ],
      components: [
        {
          layer: 0,
          kind: "head",
          start: 0,
          stop: 1,
          variable: "copy",
          expression: "copy",
          place: "",
          reads: ["tokens"],
          construction: "move",
        },
      ],
      variables: [
        {
          name: "bos",
          start: 0,
          stop: 1,
          written: "embed",
          encoding: { ...encoding, kind: "flag", values: [] },
          expression: "",
        },
        {
          name: "tokens",
          start: 1,
          stop: 3,
          written: "embed",
          encoding: oneHot,
          expression: "tokens",
        },
        {
          name: "copy",
          start: 3,
          stop: 5,
          written: "0.attn",
          encoding: oneHot,
          expression: "copy",
        },
      ],
      certificate: {
        precision: "float32",
        bounds: [],
        output_error: 0,
        numerical: false,
        assumptions: [],
        measured: false,
      },
      optimize: 1,
      fused: [],
    },
    smallest_margin: 1,
    vocabulary: [
      { id: 2, text: "a" },
      { id: 3, text: "b" },
    ],
    labels: ["bos", "tokens:a", "tokens:b", "copy:a", "copy:b"],
    variables: [
      { name: "bos", colour: "#000000", tolerance: 1e-6, expression: -1, settable: false },
      { name: "tokens", colour: "#3367c4", tolerance: 1e-6, expression: 0, settable: true },
      { name: "copy", colour: "#d1541f", tolerance: 1e-6, expression: 1, settable: true },
    ],
    steps: [
      {
        site: "embed",
        half: "embed",
        layer: null,
        component: -1,
        name: "tokens",
        text: "a b",
        detail: "from the token",
        reads: [],
        writes: "tokens",
        lane: 0,
      },
      {
        site: "0.attn",
        half: "attention",
        layer: 0,
        component: 0,
        name: "copy",
        text: "= copy",
        detail: "head 0",
        reads: ["tokens"],
        writes: "copy",
        lane: 1,
      },
    ],
    expressions: [
      {
        name: "tokens",
        kind: "tokens",
        text: "tokens",
        operands: [],
        place: null,
        variables: ["tokens"],
        inside: [],
      },
      {
        name: "copy",
        kind: "aggregate",
        text: "copy",
        operands: [0],
        place: { file: "x.py", line: 3, column: 7, end_line: 3, end_column: 17 },
        variables: ["copy"],
        inside: [],
      },
    ],
    sources: [],
    input: [2, 3],
    // Each token asks for its own kind; what is at the key is moved.
    arrays: {
      "embed.W_E": packed([4, 5], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0]),
      "pos_embed.W_pos": packed([4, 5], Array<number>(20).fill(0)),
      "blocks.0.attn.W_Q": packed([1, 5, 2], [0, 0, 30, 0, 0, 30, 0, 0, 0, 0]),
      "blocks.0.attn.b_Q": packed([1, 2], [0, 0]),
      "blocks.0.attn.W_K": packed([1, 5, 2], [0, 0, 1, 0, 0, 1, 0, 0, 0, 0]),
      "blocks.0.attn.b_K": packed([1, 2], [0, 0]),
      "blocks.0.attn.W_V": packed([1, 5, 2], [0, 0, 1, 0, 0, 1, 0, 0, 0, 0]),
      "blocks.0.attn.b_V": packed([1, 2], [0, 0]),
      "blocks.0.attn.W_O": packed([1, 2, 5], [0, 0, 0, 1, 0, 0, 0, 0, 0, 1]),
      "blocks.0.mlp.W_in": packed([5, 0], []),
      "blocks.0.mlp.b_in": packed([0], []),
      "blocks.0.mlp.W_out": packed([0, 5], []),
      "unembed.W_U": packed([5, 2], [0, 0, 0, 0, 0, 0, 1, 0, 0, 1]),
      "unembed.b_U": packed([2], [0, 0]),
    },
    circuits: [
      {
        level: "head",
        ablation: "none",
        nodes: [
          { name: "embed", steps: [0], inside: true },
          { name: "pos_embed", steps: [], inside: false },
          { name: "a0.h0", steps: [1], inside: true },
        ],
        edges: [{ sender: 0, receiver: 2, part: "" }],
        candidates: 3,
        inputs: 0,
        exhaustive: false,
        unproven: [],
      },
    ],
    lanes: [],
    sharpness: 1,
    beside: null,
  };
}
