// Who compiles what is typed: one interface, whoever does it.

import { FORMAT, type CircuitView, type ModelDocument } from "./document";
import type { Asked } from "./state";

/** A program as text and what to compile it for: Request in cli/play/engine.py. */
export interface CompileRequest {
  source: string;
  language: string;
  name: string;
  vocabulary: string;
  length: number;
  causal: boolean;
  optimize: number;
  beside: boolean;
}

/** A place in the text: lines from 1, columns from 0 in characters, the end exclusive. */
export interface Label {
  line: number;
  column: number;
  end: number;
  text: string;
}

export interface Finding {
  code: string;
  title: string;
  severity: string;
  notes: string[];
  help: string | null;
  text: string;
  labels: Label[];
}

export type Reply =
  | { ok: true; document: ModelDocument; names: string[]; seconds: number }
  | { ok: false; diagnostics: Finding[] };

export type CircuitReply =
  { ok: true; circuit: CircuitView } | { ok: false; diagnostics: Finding[] };

/** An explorer page as text, which needs no playground. */
export type PageReply = { ok: true; page: string } | { ok: false; diagnostics: Finding[] };

export interface Engine {
  compile: (request: CompileRequest) => Promise<Reply>;
  circuit: (request: CompileRequest, asked: Asked) => Promise<CircuitReply>;
  page: (request: CompileRequest, view: string) => Promise<PageReply>;
}

export function refusal(title: string, help: string | null = null): Reply & { ok: false } {
  const text = help === null ? `error: ${title}` : `error: ${title}\nhelp: ${help}`;
  const finding = { code: "", title, severity: "error", notes: [], help, text, labels: [] };
  return { ok: false, diagnostics: [finding] };
}

/** A document of another version is refused, not misread. */
export function checked(reply: Reply): Reply {
  if (!reply.ok || reply.document.format === FORMAT) return reply;
  return refusal("the page and the engine are of different versions", "load the page anew");
}

/** `rasplab play`: the same address, its token included. */
export function serverEngine(address: string, tab: string): Engine {
  const ask = async <T>(path: string, job: object): Promise<T | (Reply & { ok: false })> => {
    try {
      const response = await fetch(new URL(path, address), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ tab, ...job }),
      });
      if (response.ok) return (await response.json()) as T;
      return refusal(`the playground refused: ${(await response.text()).trim()}`);
    } catch {
      return refusal(
        "the playground’s server does not answer",
        "start `rasplab play` again and open its new address; what you typed stays in this tab",
      );
    }
  };
  return {
    compile: async (request) => checked(await ask<Reply>("compile", { request })),
    circuit: (request, asked) => ask<CircuitReply>("circuit", { request, ...asked }),
    page: (request, view) => ask<PageReply>("page", { request, view }),
  };
}
