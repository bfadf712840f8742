// The editor: CodeMirror, with findings drawn as carets below their line.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  bracketMatching,
  HighlightStyle,
  StreamLanguage,
  syntaxHighlighting,
} from "@codemirror/language";
import { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
  WidgetType,
  type DecorationSet,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

import type { Finding, Label } from "../core/engine";

const KEYWORDS =
  /^(?:set|example|examples|on|off|load|def|return|draw|if|else|not|and|or|for|in|range|zip|len|True|False|tokens|tokens_str|tokens_int|tokens_float|tokens_bool|indices|length)\b/;

const rasp = StreamLanguage.define<null>({
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return "comment";
    if (stream.match(/^"[^"]*"?/)) return "string";
    if (stream.match(/^\d+(?:\.\d+)?/)) return "number";
    if (stream.match(KEYWORDS)) return "keyword";
    if (stream.match(/^[A-Za-z_]\w*/)) return "variableName";
    stream.next();
    return null;
  },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "bold" },
  { tag: [tags.string, tags.number], color: "var(--written)" },
]);

class Carets extends WidgetType {
  constructor(
    readonly indent: number,
    readonly width: number,
    readonly text: string,
  ) {
    super();
  }

  override eq(other: Carets): boolean {
    return this.indent === other.indent && this.width === other.width && this.text === other.text;
  }

  toDOM(): HTMLElement {
    const line = document.createElement("div");
    line.className = "carets";
    line.textContent = `${" ".repeat(this.indent)}${"^".repeat(this.width)} ${this.text}`;
    return line;
  }
}

const showFindings = StateEffect.define<Finding[]>();

const findingsField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(showFindings)) return decorations(transaction.state, effect.value);
    }
    return shown.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** From columns in characters to places in the document. */
function placed(state: EditorState, label: Label) {
  if (label.line < 1 || label.line > state.doc.lines) return null;
  const line = state.doc.line(label.line);
  const characters = Array.from(line.text);
  const offset = (column: number) => characters.slice(0, column).join("").length;
  const from = line.from + offset(label.column);
  const to = Math.max(from, line.from + offset(label.end));
  return { line, from, to };
}

function decorations(state: EditorState, findings: Finding[]): DecorationSet {
  const found = findings.flatMap((finding) =>
    finding.labels.flatMap((label, i) => {
      const place = placed(state, label);
      if (!place) return [];
      const text = label.text === "" && i === 0 ? finding.title : label.text;
      const carets = new Carets(label.column, Math.max(1, label.end - label.column), text);
      const below = Decoration.widget({ widget: carets, block: true, side: 1 });
      const wave = Decoration.mark({ class: "wrong" });
      return [
        ...(place.to > place.from ? [wave.range(place.from, place.to)] : []),
        below.range(place.line.to),
      ];
    }),
  );
  return Decoration.set(found, true);
}

export interface Editor {
  /** Show another text; the same one is left as it is. */
  set: (text: string) => void;
  speak: (language: string) => void;
  findings: (findings: Finding[]) => void;
  destroy: () => void;
}

export function editor(
  parent: HTMLElement,
  text: string,
  language: string,
  changed: (text: string) => void,
): Editor {
  const spoken = new Compartment();
  const grammar = (name: string) => (name === "python" ? python() : rasp);
  let telling = true;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        // On a phone nothing is beside the editor, and scrolling sideways is worse than wrapping.
        ...(matchMedia("(max-width: 800px)").matches ? [EditorView.lineWrapping] : []),
        bracketMatching(),
        syntaxHighlighting(COLOURS),
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        spoken.of(grammar(language)),
        findingsField,
        EditorView.contentAttributes.of({ "aria-label": "Program", spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && telling) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set(wanted) {
      if (view.state.doc.toString() === wanted) return;
      telling = false;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: wanted },
        effects: showFindings.of([]),
      });
      telling = true;
    },
    speak(name) {
      view.dispatch({ effects: spoken.reconfigure(grammar(name)) });
    },
    findings(found) {
      view.dispatch({ effects: showFindings.of(found) });
    },
    destroy: () => view.destroy(),
  };
}
