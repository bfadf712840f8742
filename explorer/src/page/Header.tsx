import { useState } from "preact/hooks";

import { finite } from "../core/document";
import { toFragment } from "../core/state";
import { levelOf } from "./Beside";
import type { Shared } from "./shared";

const THEMES = ["as the system", "dark", "light"] as const;

export function Header({ shared }: { shared: Shared }) {
  const { document: data } = shared.model;
  return (
    <header class="top">
      <div class="title">
        <h1>{data.name}</h1>
        <p class="subtitle">
          {data.about || "a transformer compiled from a program: every weight has a reason"}
        </p>
      </div>
      <div class="tools">
        {data.beside && (
          <button
            type="button"
            aria-pressed={shared.view.beside}
            onClick={() => shared.update(({ beside }) => ({ beside: !beside }))}
          >
            {`Beside it: ${levelOf(data.beside)}`}
          </button>
        )}
        <Theme />
        {shared.keep ? <Keep shared={shared} keep={shared.keep} /> : <Link shared={shared} />}
      </div>
      <p class="sizes">{`${data.sizes} · at most ${data.config.n_ctx - 1} tokens`}</p>
      <details class="how">
        <summary>How to read this page</summary>
        <HowToRead margin={margin(shared)} />
      </details>
    </header>
  );
}

function margin({ model: { document: data } }: Shared): string {
  if (data.circuit.certificate.measured) return "Of this model nothing is proved.";
  const left = finite(data.smallest_margin);
  return `A checker has proved what the weights compute: of the tolerance of every decision at least ${(100 * left).toFixed(1)} % is left.`;
}

function HowToRead({ margin: proved }: { margin: string }) {
  return (
    <ul>
      <li>
        A transformer reads a sequence of tokens. For each position it keeps a list of numbers, the{" "}
        <b>residual stream</b>; layer by layer its parts read from it and add to it.
      </li>
      <li>
        An <b>attention head</b> moves information between positions: it compares a query at one
        position with a key at every other, and fetches, averages or counts what it selects. An{" "}
        <b>MLP</b> computes at each position by itself.
      </li>
      <li>
        Here every part has a name. A card is a part; what it writes is a <b>variable</b>, and has
        one colour everywhere. Its lane, on the left of the cards, is the residual stream: it begins
        where the variable is written (●) and ends where it is last read (○).
      </li>
      <li>
        Step with the buttons, the slider, or the keys ← and →. Point at anything to see what
        belongs to it in the program, the network and the stream; click a name to keep it lit. Type
        an input of your own: it is computed in this page, by the model’s own weights.
      </li>
      <li>T and F are true and false, – is undefined, ␣ a blank. {proved}</li>
    </ul>
  );
}

function Theme() {
  const [theme, setTheme] = useState(0);
  const change = () => {
    const next = (theme + 1) % THEMES.length;
    setTheme(next);
    const name = THEMES[next];
    if (name === "dark" || name === "light") document.documentElement.dataset["theme"] = name;
    else delete document.documentElement.dataset["theme"];
  };
  return (
    <button type="button" onClick={change}>
      {`Colours: ${THEMES[theme] ?? ""}`}
    </button>
  );
}

function Link({ shared }: { shared: Shared }) {
  const [said, say] = useState("");
  const copy = async () => {
    const fragment = toFragment(shared.model.document, shared.view);
    try {
      await navigator.clipboard.writeText(new URL(`#${fragment}`, location.href).href);
      say("copied");
    } catch {
      say("copy the address of the page");
    }
  };
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        Copy a link to this view
      </button>
      <span class="said" role="status">
        {said}
      </span>
    </>
  );
}

/** Of a playground, whose address is good for nobody else. */
function Keep({ shared, keep }: { shared: Shared; keep: (view: string) => void }) {
  return (
    <button
      type="button"
      title="one HTML file that shows this view, for anybody with a browser"
      onClick={() => keep(toFragment(shared.model.document, shared.view))}
    >
      Save this view as a page
    </button>
  );
}
