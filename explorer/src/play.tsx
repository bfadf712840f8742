import { render } from "preact";

import { serverEngine } from "./core/engine";
import { Play, type Setup } from "./play/Play";
import "./page/styles.css";

function start(page: Document): void {
  const target = page.getElementById("explorer");
  const held = page.getElementById("rasplab-playground");
  if (!target || !held) return;
  const setup = JSON.parse(held.textContent) as Setup;
  const engine = serverEngine(new URL(".", location.href).href, crypto.randomUUID());
  render(<Play setup={setup} engine={engine} />, target);
}

if (typeof document !== "undefined") start(document);
