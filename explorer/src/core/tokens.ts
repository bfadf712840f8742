// From what a reader types to token ids, and back.

import type { ModelDocument, Token } from "./document";

export type Parsed = { ids: number[]; problem: null } | { ids: null; problem: string };

const SHOWN = 12;
const PART = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+/g;

/** The ids of a text: words divided by blanks, or one text of one-character tokens. */
export function parse(document: ModelDocument, text: string): Parsed {
  const { vocabulary, config } = document;
  const known = new Map(vocabulary.map((token) => [token.text, token.id]));
  let parts: string[] = text.match(PART) ?? [];
  if (parts.length === 0) return refuse("The input is empty: type at least one token.");
  const [first] = parts;
  if (parts.length === 1 && first !== undefined && !known.has(first)) {
    const characters = Array.from(first);
    if (characters.every((character) => known.has(character))) parts = characters;
  }
  const ids: number[] = [];
  for (const [position, part] of parts.entries()) {
    const id = known.get(part);
    if (id === undefined) return refuse(unknown(vocabulary, part, position));
    ids.push(id);
  }
  const longest = config.n_ctx - 1;
  if (ids.length > longest) {
    return refuse(`The input has ${ids.length} tokens; this model takes at most ${longest}.`);
  }
  return { ids, problem: null };
}

/** The text that `parse` reads as these ids. */
export function write(document: ModelDocument, ids: number[]): string {
  return ids.map((id) => textOf(document, id)).join(" ");
}

export function textOf(document: ModelDocument, id: number): string {
  return document.vocabulary.find((token) => token.id === id)?.text ?? "?";
}

function refuse(problem: string): Parsed {
  return { ids: null, problem };
}

function unknown(vocabulary: Token[], part: string, position: number): string {
  const some = vocabulary.slice(0, SHOWN).map((token) => token.text);
  const words = some.join(" ") + (vocabulary.length > SHOWN ? " …" : "");
  return `“${part}” (position ${position}) is not in the vocabulary, which is: ${words}`;
}
