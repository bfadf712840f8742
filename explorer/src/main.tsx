import { render } from "preact";

import { readDocument } from "./core/document";
import { prepare } from "./core/model";
import { App } from "./page/App";
import "./page/styles.css";

function start(): void {
  const target = document.getElementById("explorer");
  const held = document.getElementById("rasplab-document");
  if (!target || !held) return;
  try {
    render(<App model={prepare(readDocument(held.textContent))} />, target);
  } catch (problem) {
    target.textContent = `This page cannot show its model: ${String(problem)}`;
  }
}

start();
