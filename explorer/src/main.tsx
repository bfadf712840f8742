import { render } from "preact";

import { readDocument } from "./core/document";
import { forward } from "./core/forward";
import { prepare } from "./core/model";
import { fully, outputs, placeOf, readVariable } from "./core/reading";
import { parse } from "./core/tokens";
import { App } from "./page/App";
import "./page/styles.css";

function start(page: Document): void {
  const target = page.getElementById("explorer");
  const held = page.getElementById("rasplab-document");
  if (!target || !held) return;
  const { view } = target.dataset;
  if (view && location.hash === "") history.replaceState(null, "", `#${view}`);
  try {
    render(<App model={prepare(readDocument(held.textContent))} />, target);
  } catch (problem) {
    target.textContent = `This page cannot show its model: ${String(problem)}`;
  }
}

if (typeof document !== "undefined") start(document);

// The engine without the page: tests compare it with the model in Python.
export { forward, fully, outputs, parse, placeOf, prepare, readDocument, readVariable };
