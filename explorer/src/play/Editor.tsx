import { useEffect, useRef } from "preact/hooks";

import type { Finding } from "../core/engine";
import { editor, type Editor } from "./editor";

interface Props {
  /** What the editor begins with; later the editor has the text, and a new revision another. */
  text: string;
  revision: number;
  language: string;
  findings: Finding[];
  change: (text: string) => void;
}

export function ProgramEditor({ text, revision, language, findings, change }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const made = useRef<Editor | null>(null);
  const tell = useRef(change);
  tell.current = change;
  const begun = useRef({ text, language });
  const given = useRef(text);
  given.current = text;
  useEffect(() => {
    if (!place.current) return;
    const { text: begin, language: spoken } = begun.current;
    made.current = editor(place.current, begin, spoken, (now) => tell.current(now));
    return () => made.current?.destroy();
  }, []);
  useEffect(() => made.current?.set(given.current), [revision]);
  useEffect(() => made.current?.speak(language), [language]);
  useEffect(() => made.current?.findings(findings), [findings]);
  return <div ref={place} class="editor" />;
}
