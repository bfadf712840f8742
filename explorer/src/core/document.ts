// What Python writes into the page: src/rasplab/view/explorer/document.py has the same fields.

export const FORMAT = 3;

export type Value =
  string | number | boolean | null | { tuple: Value[] } | { integer: string } | { float: string };

export interface ArrayData {
  shape: number[];
  dtype: "float32" | "float64";
  numbers: string;
  index: string | null;
}

export type Activation = "relu" | "gelu" | "silu";
export type Norm = "none" | "layer" | "rms";

export interface Config {
  n_layers: number;
  n_heads: number;
  d_model: number;
  d_head: number;
  d_mlp: number;
  n_ctx: number;
  d_vocab: number;
  d_out: number;
  causal: boolean;
  dtype: string;
  output_values: Value[] | null;
  output_undefined: boolean;
  output_unit: number | null;
  /** Left out of models without norms, and with relus. */
  activation?: Activation;
  norm?: Norm;
  norm_epsilon?: number;
}

export interface Direction {
  index: number;
  variable: string;
  values: Value[];
  role: string;
}

export interface Component {
  layer: number;
  kind: "head" | "mlp";
  start: number;
  stop: number;
  variable: string;
  expression: string;
  place: string;
  reads: string[];
  construction: string;
}

export interface Encoding {
  kind: "one-hot" | "features" | "number" | "flag";
  values: Value[];
  rows: { tuple: number[] }[];
  offset: number;
  sign: number;
  low: number | { float: string };
  high: number | { float: string };
  undefined: boolean;
}

export interface VariablePlace {
  name: string;
  start: number;
  stop: number;
  written: string;
  encoding: Encoding;
  expression: string;
}

export interface Bound {
  name: string;
  kind: string;
  error: number | { float: string };
  met: number | { float: string };
  borne: number | { float: string };
}

export interface Certificate {
  precision: string;
  bounds: Bound[];
  output_error: number | { float: string };
  numerical: boolean;
  assumptions: string[];
  measured: boolean;
}

export interface Circuit {
  program: string;
  directions: Direction[];
  components: Component[];
  variables: VariablePlace[];
  certificate: Certificate;
  optimize: number;
  fused: { name: string; into: string[] }[];
}

export interface Token {
  id: number;
  text: string;
}

export interface Variable {
  name: string;
  colour: string;
  tolerance: number;
  expression: number;
  settable: boolean;
}

export interface StepData {
  site: string;
  half: "embed" | "attention" | "MLP" | "output";
  layer: number | null;
  component: number;
  name: string;
  text: string;
  detail: string;
  reads: string[];
  writes: string | null;
  lane: number;
}

export interface Place {
  file: string;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
}

export interface Expression {
  name: string;
  kind: string;
  text: string;
  operands: number[];
  place: Place | null;
  variables: string[];
  inside: string[];
}

export interface SourceText {
  file: string;
  lines: { number: number; text: string }[];
}

export interface CircuitNode {
  name: string;
  steps: number[];
  inside: boolean;
}

export interface CircuitEdge {
  sender: number;
  receiver: number;
  part: string;
}

export interface CircuitView {
  level: string;
  ablation: string;
  nodes: CircuitNode[];
  edges: CircuitEdge[];
  candidates: number;
  inputs: number;
  exhaustive: boolean;
  unproven: string[];
}

/** A column of the stream that holds up the norms; no named direction has a part of it. */
export interface NormLane {
  name: string;
  column: number;
}

export interface ModelDocument {
  format: number;
  name: string;
  about: string;
  sizes: string;
  config: Config;
  circuit: Circuit;
  smallest_margin: number | { float: string };
  vocabulary: Token[];
  labels: string[];
  variables: Variable[];
  steps: StepData[];
  expressions: Expression[];
  sources: SourceText[];
  input: number[];
  arrays: Record<string, ArrayData>;
  circuits: CircuitView[];
  lanes: NormLane[];
  /** How many times as much hidden units of a smooth activation read, and as much less they write. */
  sharpness: number;
  beside: ModelDocument | null;
}

/** The document of a page's text; a page of another version is refused. */
export function readDocument(text: string): ModelDocument {
  const found = JSON.parse(text) as ModelDocument;
  if (found.format !== FORMAT) {
    throw new Error(`this page shows documents of format ${FORMAT}, not ${found.format}`);
  }
  return found;
}

/** A number that may not be finite, which JSON does not have. */
export function finite(number: number | { float: string }): number {
  if (typeof number === "number") return number;
  return number.float.startsWith("-") ? -Infinity : Infinity;
}
