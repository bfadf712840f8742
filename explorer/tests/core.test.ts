import { describe, expect, it } from "vitest";

import { Matrix, unpack } from "../src/core/arrays";
import { arcsOf, circuitOf, membership, readersOf, summary } from "../src/core/circuit";
import { headParts, selection } from "../src/core/blocks";
import { readDocument } from "../src/core/document";
import { editsOf, valueOf } from "../src/core/edits";
import { explain } from "../src/core/explain";
import { forward } from "../src/core/forward";
import { caption, layered } from "../src/core/graph";
import { at, prepare } from "../src/core/model";
import { activated, normed } from "../src/core/norms";
import { briefly, outputs, placeOf, readVariable } from "../src/core/reading";
import { halfLayers, lastRead, writtenAt } from "../src/core/schedule";
import { segments } from "../src/core/source";
import { firstView, fromFragment, toFragment } from "../src/core/state";
import { parse, write } from "../src/core/tokens";
import { brief, key, number } from "../src/core/values";
import { packed, tiny } from "./tiny";

describe("arrays", () => {
  it("are the same whether they are stored in full or by their entries", () => {
    const index = btoa(String.fromCharCode(4, 0, 0, 0));
    const sparse = { ...packed([1], [1.5]), shape: [2, 3], index };
    expect([...unpack(sparse)]).toEqual([0, 0, 0, 0, 1.5, 0]);
    expect([...unpack(packed([2, 3], [0, 0, 0, 0, 1.5, 0]))]).toEqual([...unpack(sparse)]);
  });

  it("multiply as matrices do", () => {
    const a = Matrix.from(Float64Array.from([1, 2, 0, 3]), 2, 2);
    expect([...a.after(Float64Array.from([1, 1, 2, 0]), Float64Array.from([10, 0]))]).toEqual([
      11, 5, 12, 4,
    ]);
    expect([...a.times(a).row(0)]).toEqual([1, 8]);
  });
});

describe("the forward pass", () => {
  const model = prepare(tiny());
  const run = forward(model, [2, 3, 2]);

  it("computes the pattern, the stream and the output", () => {
    expect(outputs(model.document, run)).toEqual(["a", "b", "a"]);
    expect(run.residual.size).toBe(3);
    const pattern = at(at(run.heads, 0), 0).pattern;
    expect(pattern[1 * 4 + 1]).toBeCloseTo(0.5, 9);
    expect(pattern[2 * 4 + 2]).toBeCloseTo(1, 9);
  });

  it("reads variables at every position", () => {
    const place = placeOf(model.document, "copy");
    expect(place && readVariable(model.document, run, place).map(briefly)).toEqual(["a", "b", "a"]);
  });

  it("takes what is set", () => {
    const edits = editsOf(model.document, [{ name: "copy", position: 1, value: "a" }], 3);
    expect(outputs(model.document, forward(model, [2, 3, 2], edits))).toEqual(["a", "a", "a"]);
    expect(valueOf(model.document, "copy", "z")).toBeUndefined();
  });

  it("shows later keys to no query of a causal model", () => {
    const causal = tiny();
    causal.config.causal = true;
    const pattern = at(at(forward(prepare(causal), [2, 3]).heads, 0), 0).pattern;
    expect(pattern[1 * 3 + 2]).toBe(0);
  });

  it("is told in a sentence", () => {
    expect(explain(model, run, at(model.document.steps, 1)).here).toBe(
      "Position 0 selects positions 0 and 2: copy there is a.",
    );
  });
});

describe("norms and smooth units", () => {
  const config = { ...tiny().config, d_model: 2, norm_epsilon: 0.5 };
  const x = Float64Array.from([3, 1]);
  const gain = Float64Array.from([2, 3]);

  it("divide by the root of the mean square", () => {
    const { stream, scales } = normed({ ...config, norm: "rms" }, x, gain);
    expect(scales[0]).toBeCloseTo(Math.sqrt(5.5), 12);
    expect(stream[1]).toBeCloseTo(3 / Math.sqrt(5.5), 12);
  });

  it("take the mean first, if they are layer norms", () => {
    const { stream, scales } = normed({ ...config, norm: "layer" }, x, gain);
    expect(scales[0]).toBeCloseTo(Math.sqrt(1.5), 12);
    expect([...stream].map((y) => y * Math.sqrt(1.5))).toEqual([2, -3]);
  });

  it("are relu far from 0, and never nan", () => {
    const read = Float64Array.from([-1e200, -1, 0, 1, 1e200]);
    for (const kind of ["relu", "gelu", "silu"] as const) {
      const [low, , zero, , high] = activated(read, kind);
      expect(Math.abs(low ?? 1)).toBe(0);
      expect(Math.abs(zero ?? 1)).toBe(0);
      expect(high).toBe(1e200);
    }
    expect(activated(Float64Array.from([1]), "gelu")[0]).toBeCloseTo(0.841192, 6);
    expect(activated(Float64Array.from([1]), "silu")[0]).toBeCloseTo(0.731059, 6);
  });
});

describe("a head", () => {
  it("is what its weights compare and move", () => {
    const model = prepare(tiny());
    const component = at(model.document.circuit.components, 0);
    const parts = headParts(model, component);
    expect([parts.keys, parts.queries, parts.values]).toEqual([["tokens"], ["tokens"], ["tokens"]]);
    expect(parts.table.scores).toEqual([
      [30, 0],
      [0, 30],
    ]);
    expect(parts.moved.map((link) => `${link.from.label} ${link.to.label}`)).toEqual([
      "tokens:a copy:a",
      "tokens:b copy:b",
    ]);
    expect(selection(model, component, forward(model, [2, 3]))).toEqual([
      [true, false],
      [false, true],
    ]);
  });
});

describe("the input", () => {
  const model = tiny();

  it.each([
    ["a b a", [2, 3, 2]],
    ["  a   b ", [2, 3]],
    ["ab", [2, 3]],
  ])("%j is tokens", (text, ids) => {
    expect(parse(model, text)).toEqual({ ids, problem: null });
    expect(parse(model, write(model, ids)).ids).toEqual(ids);
  });

  it.each([
    ["", "empty"],
    ["   ", "empty"],
    ["a z", "“z” (position 1) is not in the vocabulary"],
    ["<b>", "“<b>” (position 0) is not in the vocabulary"],
    ["a a a a", "at most 3"],
  ])("%j is refused with a reason", (text, reason) => {
    expect(parse(model, text).problem).toContain(reason);
  });
});

describe("the view", () => {
  const model = tiny();

  it("comes back from the fragment of the address", () => {
    const view = {
      ids: [3, 2, 2],
      step: 1,
      toggled: [0],
      pinned: "copy",
      settings: [{ name: "copy", position: 2, value: "b" }],
      circuit: { level: "head", ablation: "mean" },
      beside: false,
    };
    expect(fromFragment(model, `#${toFragment(model, view)}`)).toEqual(view);
  });

  it.each([
    "#step=99&input=zzz&lit=nobody&set=x",
    "#set=[1,2]&toggled=7,a",
    "#%%%",
    "#circuit=x+y&beside=1",
  ])("%s leaves out what does not fit", (fragment) => {
    const view = fromFragment(model, fragment);
    expect(view).toEqual(firstView(model));
  });
});

describe("a line of source", () => {
  it("is cut where expressions begin and end", () => {
    const found = segments(tiny().expressions, "x.py", 3, "return copy(tokens) # it");
    expect(found.map(({ text, innermost }) => [text, innermost])).toEqual([
      ["return ", null],
      ["copy(token", 1],
      ["s) # it", null],
    ]);
  });
});

describe("the expression graph", () => {
  it("has every expression below what it is made of", () => {
    expect(layered(tiny().expressions)).toEqual([
      { number: 0, row: 0, column: 0 },
      { number: 1, row: 1, column: 0 },
    ]);
    expect(tiny().expressions.map(caption)).toEqual(["tokens", "copy"]);
  });
});

describe("a circuit", () => {
  const model = tiny();
  const [circuit] = model.circuits;

  it("is found by its level and ablation", () => {
    expect(circuitOf(model.circuits, { level: "head", ablation: "none" })).toBe(circuit);
    expect(circuitOf(model.circuits, { level: "head", ablation: "zero" })).toBeUndefined();
  });
  it("is arcs from step to step, the wider the further", () => {
    const arcs = circuit ? arcsOf(circuit) : [];
    expect(arcs).toEqual([{ from: 0, to: 1, sender: [0], receiver: [1], parts: "", reach: 1 }]);
  });
  it("says who reads a step", () => {
    expect(circuit && readersOf(model, circuit, 0)).toEqual(["copy"]);
    expect(circuit && membership(circuit, 1)).toBe("inside");
    expect(circuit && summary(circuit)).toContain("1 of 3 edges");
  });
});

describe("values", () => {
  it("are told apart by type", () => {
    expect(new Set([1, "1", true].map(key)).size).toBe(3);
  });
  it("are short in cells", () => {
    expect([true, null, " ", "", 1 / 3].map(brief)).toEqual(["T", "–", "␣", "''", "0.3333"]);
    expect([-2, 1e-7, Infinity].map(number)).toEqual(["−2", "1e−7", "∞"]);
  });
});

describe("the schedule", () => {
  it("is attention, MLP, and so on", () => {
    expect(halfLayers(2).map(({ site }) => site)).toEqual(["0.attn", "0.mlp", "1.attn", "1.mlp"]);
    expect(writtenAt(tiny()).get("copy")).toBe(1);
    expect(lastRead(tiny(), "tokens")).toBe(1);
  });
});

describe("a document", () => {
  it("of another format is refused", () => {
    expect(() => readDocument(JSON.stringify({ ...tiny(), format: 0 }))).toThrow("format");
    expect(readDocument(JSON.stringify(tiny())).name).toBe("copy");
  });
});
