import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { checked, serverEngine, type CompileRequest, type Reply } from "../src/core/engine";
import { latest } from "../src/core/latest";
import { tiny } from "./tiny";

const REQUEST: CompileRequest = {
  source: "x = tokens;",
  language: "rasp",
  name: "",
  vocabulary: "ab",
  length: 3,
  causal: false,
  optimize: 1,
  beside: false,
};

describe("of many requests", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** Requests that are answered when the test says so. */
  function asked() {
    const waiting: { request: string; answer: (reply: string) => void }[] = [];
    const told: string[] = [];
    const send = latest<string, string>(
      (request) => new Promise((answer) => waiting.push({ request, answer })),
      (_, reply) => told.push(reply),
      { quiet: 100, patience: 1000 },
    );
    return { waiting, told, send };
  }

  it("a single one is asked at once", () => {
    const { waiting, send } = asked();
    send("a");
    expect(waiting.map(({ request }) => request)).toEqual(["a"]);
  });

  it("of those that follow fast only the last before a pause is asked", async () => {
    const { waiting, told, send } = asked();
    send("a");
    waiting[0]?.answer("A");
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(50);
    for (const text of ["ab", "abc"]) send(text);
    await vi.advanceTimersByTimeAsync(99);
    expect(waiting).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(waiting.map(({ request }) => request)).toEqual(["a", "abc"]);
    waiting[1]?.answer("ABC");
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(["A", "ABC"]);
    await vi.advanceTimersByTimeAsync(100);
    send("d");
    expect(waiting).toHaveLength(3);
  });

  it("a later one waits for the one before, whose reply is not shown", async () => {
    const { waiting, told, send } = asked();
    send("one");
    await vi.advanceTimersByTimeAsync(200);
    send("two");
    await vi.advanceTimersByTimeAsync(500);
    expect(waiting).toHaveLength(1);
    waiting[0]?.answer("ONE");
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.map(({ request }) => request)).toEqual(["one", "two"]);
    waiting[1]?.answer("TWO");
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(["TWO"]);
  });

  it("one that takes too long is overtaken, and its late reply is not shown", async () => {
    const { waiting, told, send } = asked();
    send("endless");
    await vi.advanceTimersByTimeAsync(100);
    send("quick");
    await vi.advanceTimersByTimeAsync(1000);
    expect(waiting.map(({ request }) => request)).toEqual(["endless", "quick"]);
    waiting[1]?.answer("QUICK");
    await vi.advanceTimersByTimeAsync(0);
    waiting[0]?.answer("ENDLESS");
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toEqual(["QUICK"]);
  });
});

describe("the engine behind a server", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("sends the request with the tab’s name to the address with its token", async () => {
    const fetched = vi.fn<(address: URL, sent: RequestInit) => Promise<Response>>(() =>
      Promise.resolve(Response.json({ ok: false, diagnostics: [] })),
    );
    vi.stubGlobal("fetch", fetched);
    const engine = serverEngine("http://127.0.0.1:1/token/", "me");
    await engine.circuit(REQUEST, { level: "head", ablation: "zero" });
    const [address, sent] = fetched.mock.calls[0] ?? [];
    expect(String(address)).toBe("http://127.0.0.1:1/token/circuit");
    expect(JSON.parse(sent?.body as string)).toEqual({
      tab: "me",
      request: REQUEST,
      level: "head",
      ablation: "zero",
    });
  });

  it("says so where nobody answers, or the answer is a refusal", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
    const engine = serverEngine("http://127.0.0.1:1/token/", "me");
    const gone = await engine.compile(REQUEST);
    expect(gone.ok ? "" : gone.diagnostics[0]?.text).toContain("does not answer");
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("no token", { status: 403 })));
    const refused = await engine.compile(REQUEST);
    expect(refused.ok ? "" : refused.diagnostics[0]?.title).toContain("no token");
  });

  it("does not show a document of another version", () => {
    const reply: Reply = { ok: true, document: tiny(), names: [], seconds: 0 };
    expect(checked(reply)).toBe(reply);
    expect(checked({ ...reply, document: { ...tiny(), format: 0 } }).ok).toBe(false);
  });
});
