import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { circuitOf } from "../core/circuit";
import { finite, type CircuitView } from "../core/document";
import type { CompileRequest, Engine, Finding } from "../core/engine";
import { latest } from "../core/latest";
import { prepare, type Model } from "../core/model";
import type { Asked } from "../core/state";
import { App } from "../page/App";
import { classes } from "../page/shared";
import { ProgramEditor } from "./Editor";

export interface Example {
  label: string;
  source: string;
  language: string;
  vocabulary: string;
  causal: boolean;
  length: number;
}

export interface Setup {
  languages: string[];
  examples: Example[];
}

interface Shown {
  model: Model;
  /** Of which request it is the answer. */
  request: CompileRequest;
  names: string[];
  seconds: number;
  circuits: CircuitView[];
}

const KEPT = "rasplab-playground";
const LENGTHS = { min: 1, max: 100 };

export function requestOf(example: Example): CompileRequest {
  const { source, language, vocabulary, causal, length } = example;
  return { source, language, vocabulary, causal, length, name: "", optimize: 1, beside: false };
}

/** What was typed in this tab before it was loaded anew, or the first example. */
function begin(setup: Setup): CompileRequest {
  const [first] = setup.examples;
  const fresh = requestOf(first ?? { ...EMPTY, language: setup.languages[0] ?? "rasp" });
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as CompileRequest | null;
    const fits = kept !== null && setup.languages.includes(kept.language);
    return fits && typeof kept.source === "string" ? { ...fresh, ...kept } : fresh;
  } catch {
    return fresh;
  }
}

const EMPTY: Example = {
  label: "",
  source: "",
  language: "rasp",
  vocabulary: "abc",
  causal: false,
  length: 5,
};

export function Play({ setup, engine }: { setup: Setup; engine: Engine }) {
  const [request, setRequest] = useState(() => begin(setup));
  const [revision, setRevision] = useState(0);
  const [shown, setShown] = useState<Shown | null>(null);
  const [findings, setFindings] = useState<Finding[]>([]);
  const [busy, setBusy] = useState(true);

  const ask = useMemo(
    () =>
      latest(engine.compile, (asked, reply) => {
        setBusy(false);
        if (!reply.ok) {
          setFindings(reply.diagnostics);
          return;
        }
        const { document: data, names, seconds } = reply;
        setFindings([]);
        setShown({
          model: prepare(data),
          request: asked,
          names,
          seconds,
          circuits: data.circuits,
        });
      }),
    [engine],
  );
  useEffect(() => {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(request));
    } catch {
      // Without storage the program is lost when the page is loaded anew, and nothing else.
    }
    setBusy(true);
    ask(request);
  }, [request, ask]);

  const askCircuit = useCallback(
    (asked: Asked) => {
      if (!shown || circuitOf(shown.circuits, asked)) return;
      void engine.circuit(shown.request, asked).then((reply) => {
        if (!reply.ok) setFindings(reply.diagnostics);
        else {
          setShown((now) =>
            now?.model === shown.model
              ? { ...now, circuits: [...now.circuits, reply.circuit] }
              : now,
          );
        }
      });
    },
    [engine, shown],
  );
  const keepPage = useCallback(
    (view: string) => {
      if (!shown) return;
      void engine.page(shown.request, view).then((reply) => {
        if (reply.ok) download(`${shown.model.document.name}.html`, reply.page);
        else setFindings(reply.diagnostics);
      });
    },
    [engine, shown],
  );
  const change = (part: Partial<CompileRequest>) =>
    setRequest((before) => ({ ...before, ...part }));
  const stale = findings.length > 0;
  // Typing changes the request many times, and the network only when there is another.
  const network = useMemo(
    () =>
      shown && (
        <App model={shown.model} circuits={shown.circuits} ask={askCircuit} keep={keepPage} />
      ),
    [shown, askCircuit, keepPage],
  );
  return (
    <>
      <section class="play" aria-label="The program to compile">
        <ProgramEditor
          text={request.source}
          revision={revision}
          language={request.language}
          findings={findings}
          change={(source) => change({ source })}
        />
        <div class="asked">
          <Options
            setup={setup}
            request={request}
            names={shown?.names ?? []}
            change={change}
            example={(wanted) => {
              setRequest(wanted);
              setRevision((before) => before + 1);
            }}
          />
          <Status shown={shown} busy={busy} stale={stale} />
          <div role="alert" class="findings">
            {findings.map((finding) => (
              <pre key={finding.text} tabIndex={0}>
                {finding.text}
              </pre>
            ))}
          </div>
        </div>
      </section>
      {network && <div class={classes("result", stale && "stale")}>{network}</div>}
    </>
  );
}

/** Let the browser save a text as it saves what one downloads. */
function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

interface OptionsProps {
  setup: Setup;
  request: CompileRequest;
  names: string[];
  change: (part: Partial<CompileRequest>) => void;
  example: (request: CompileRequest) => void;
}

function Options({ setup, request, names, change, example }: OptionsProps) {
  const chosen = setup.examples.find(({ source }) => source === request.source)?.label ?? "";
  return (
    <form class="options" onSubmit={(event) => event.preventDefault()}>
      <label>
        example{" "}
        <select
          value={chosen}
          onChange={(event) => {
            const { value } = event.currentTarget;
            const found = setup.examples.find(({ label }) => label === value);
            if (found) example({ ...requestOf(found), beside: request.beside });
          }}
        >
          {chosen === "" && <option value="">your own</option>}
          {setup.examples.map(({ label }) => (
            <option key={label} value={label}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        language{" "}
        <select
          value={request.language}
          onChange={(event) => change({ language: event.currentTarget.value })}
        >
          {setup.languages.map((language) => (
            <option key={language} value={language}>
              {language === "rasp" ? "RASP text" : "Python"}
            </option>
          ))}
        </select>
      </label>
      <label>
        s-op{" "}
        <select
          value={names.includes(request.name) ? request.name : ""}
          onChange={(event) => change({ name: event.currentTarget.value })}
        >
          <option value="">the last one</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        vocabulary{" "}
        <input
          type="text"
          size={12}
          value={request.vocabulary}
          spellcheck={false}
          onInput={(event) => change({ vocabulary: event.currentTarget.value })}
        />
      </label>
      <label>
        longest input{" "}
        <input
          type="number"
          {...LENGTHS}
          value={request.length}
          onInput={(event) => {
            const length = event.currentTarget.valueAsNumber;
            if (Number.isInteger(length)) change({ length });
          }}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={request.causal}
          onChange={(event) => change({ causal: event.currentTarget.checked })}
        />{" "}
        causal
      </label>
      <label>
        <input
          type="checkbox"
          checked={request.optimize === 0}
          onChange={(event) => change({ optimize: event.currentTarget.checked ? 0 : 1 })}
        />{" "}
        as written (optimize=0)
      </label>
      <label>
        <input
          type="checkbox"
          checked={request.beside}
          onChange={(event) => change({ beside: event.currentTarget.checked })}
        />{" "}
        compile both levels
      </label>
    </form>
  );
}

/** How large, how deep, and how safe: it changes while one types. */
function Status({ shown, busy, stale }: { shown: Shown | null; busy: boolean; stale: boolean }) {
  const data = shown?.model.document;
  const margin = data ? 100 * finite(data.smallest_margin) : 0;
  const proved = data?.circuit.certificate.measured
    ? "nothing is proved"
    : `least margin ${margin.toFixed(2)} %`;
  return (
    <p class="status" role="status" data-busy={busy}>
      {busy ? "compiling … " : stale ? "refused; below is the last good one: " : ""}
      {data && (
        <>
          <b>{data.sizes}</b>
          {` · ${proved} · compiled in ${Math.round(1000 * shown.seconds)} ms`}
        </>
      )}
    </p>
  );
}
