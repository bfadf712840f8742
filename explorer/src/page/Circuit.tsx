import { useLayoutEffect, useRef, useState } from "preact/hooks";

import {
  ABLATIONS,
  arcsOf,
  circuitOf,
  LEVELS,
  membership,
  readersOf,
  summary,
} from "../core/circuit";
import type { CircuitView } from "../core/document";
import { classes, colourOf, tint, type Shared } from "./shared";

/** What is drawn over the network: which circuit, and what it is. */
export function CircuitBar({ shared }: { shared: Shared }) {
  const { circuit: asked } = shared.view;
  const known = shared.circuits;
  const found = chosenCircuit(shared);
  const can = (level: string, ablation: string) =>
    shared.ask !== null || circuitOf(known, { level, ablation }) !== undefined;
  const choose = (level: string, ablation: string) => {
    const next = level === "" ? null : { level, ablation };
    shared.update({ circuit: next });
    if (next && !circuitOf(known, next)) shared.ask?.(next);
  };
  const ablation = asked?.ablation ?? "none";
  const only = !LEVELS.some((level) => ABLATIONS.slice(1).some((a) => can(level, a)));
  return (
    <section class="circuit-bar" aria-label="Circuit">
      <label>
        Circuit{" "}
        <select
          value={asked?.level ?? ""}
          onChange={(event) => choose(event.currentTarget.value, ablation)}
        >
          <option value="">not drawn</option>
          {LEVELS.map((level) => (
            <option key={level} value={level} disabled={!ABLATIONS.some((a) => can(level, a))}>
              {LEVEL_NAMES[level]}
            </option>
          ))}
        </select>
      </label>
      {asked && (
        <label>
          ablation{" "}
          <select
            value={asked.ablation}
            onChange={(event) => choose(asked.level, event.currentTarget.value)}
          >
            {ABLATIONS.map((name) => (
              <option key={name} value={name} disabled={!can(asked.level, name)}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <output class="muted" aria-live="polite">
        {found ? summary(found) : asked ? (shared.ask ? "computing …" : "not in this page") : ""}
        {asked && only && " (ablations are computed when the page is written with its circuits)"}
      </output>
    </section>
  );
}

const LEVEL_NAMES: Record<string, string> = {
  component: "heads and runs of units",
  head: "heads and MLPs",
  qkv: "query, key and value of heads",
};

export function chosenCircuit(shared: Shared): CircuitView | undefined {
  const { circuit: asked } = shared.view;
  return asked ? circuitOf(shared.circuits, asked) : undefined;
}

/** How a card is drawn under the circuit. */
export function circuitClass(shared: Shared, step: number): string {
  const circuit = chosenCircuit(shared);
  return circuit ? `circuit-${membership(circuit, step)}` : "";
}

/** On a card: whether it is in the circuit, and who reads it there. */
export function CircuitNote({ shared, step }: { shared: Shared; step: number }) {
  const circuit = chosenCircuit(shared);
  if (!circuit) return null;
  const readers = readersOf(shared.model.document, circuit, step);
  const inside = membership(circuit, step) === "inside";
  return (
    <p class={classes("circuit-note", !inside && "muted")} data-circuit={inside ? "in" : "out"}>
      {inside ? "in the circuit" : "not in the circuit"}
      {readers.length > 0 && `, read by ${readers.join(", ")}`}
    </p>
  );
}

const GUTTER = 48;
const HEADING = 20;

/** The edges of the circuit as arcs beside the cards. */
export function CircuitArcs({ shared }: { shared: Shared }) {
  const circuit = chosenCircuit(shared);
  const place = useRef<SVGSVGElement>(null);
  const [tops, setTops] = useState<number[]>([]);
  // Cards open and close, and are as wide as the window: where they are is measured.
  useLayoutEffect(() => {
    const network = place.current?.parentElement;
    if (!network) return;
    const measure = () => {
      const rows = [...network.querySelectorAll<HTMLElement>("[data-step]")];
      const found = rows.map((row) => row.offsetTop + HEADING);
      setTops((before) => (before.join() === found.join() ? before : found));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(network);
    return () => observer.disconnect();
  });
  if (!circuit) return null;
  const height = (tops.at(-1) ?? 0) + HEADING;
  const y = (step: number) => {
    const [low, high] = [tops[Math.floor(step)] ?? 0, tops[Math.ceil(step)] ?? 0];
    return (low + high) / 2;
  };
  const name = (steps: number[]) =>
    steps.map((i) => shared.model.document.steps[i]?.name ?? "").join(", ");
  return (
    <svg ref={place} class="arcs" width={GUTTER} height={height} aria-hidden="true">
      {arcsOf(circuit).map((arc) => {
        const [y1, y2] = [y(arc.from) + 6, y(arc.to) - 6];
        const out = 14 + arc.reach * (GUTTER - 22);
        const writes = shared.model.document.steps[arc.sender[0] ?? -1]?.writes ?? null;
        const { parts } = arc;
        return (
          <g
            key={`${arc.sender.join()} ${arc.receiver.join()}`}
            style={tint(colourOf(shared, writes))}
            data-edge={`${name(arc.sender)} → ${name(arc.receiver)}`}
          >
            <title>{`${name(arc.sender)} → ${name(arc.receiver)}${parts ? ` (${parts})` : ""}`}</title>
            <path d={`M2,${y1} C${out * 1.25},${y1} ${out * 1.25},${y2} 8,${y2}`} />
            <path class="tip" d={`M2,${y2} l7,-4 v8 z`} />
            {parts !== "" && (
              <text x={12} y={y2 - 3}>
                {parts}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
