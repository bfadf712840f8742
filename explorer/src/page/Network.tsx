import { useEffect, useMemo, useRef } from "preact/hooks";

import type { StepData } from "../core/document";
import { explain } from "../core/explain";
import { briefly, fully, outputs, placeOf, readVariable, type Read } from "../core/reading";
import { componentOf } from "../core/schedule";
import { textOf } from "../core/tokens";
import { CircuitArcs, chosenCircuit, circuitClass, CircuitNote } from "./Circuit";
import { HeadDetail } from "./Head";
import { Lanes } from "./Lanes";
import { SetVariable } from "./Settings";
import {
  classes,
  colourOf,
  go,
  isLit,
  isOpen,
  pin,
  pointing,
  tint,
  toggle,
  variableFocus,
  type Shared,
} from "./shared";
import { UnitsDetail } from "./Units";

/** So many positions are seen at once, even beside many lanes on a narrow screen. */
const FITTING = 6;

export function Network({ shared }: { shared: Shared }) {
  const { steps } = shared.model.document;
  const lanes = 1 + Math.max(...steps.map((step) => step.lane));
  const drawn = chosenCircuit(shared) !== undefined;
  return (
    <div
      class={classes("network", drawn && "with-circuit")}
      onScrollCapture={together}
      style={{ "--lanes": lanes, "--positions": shared.view.ids.length }}
    >
      {drawn && <CircuitArcs shared={shared} />}
      <Positions shared={shared} />
      {steps.map((step, i) => (
        <KeptRow key={i} shared={shared} step={step} number={i} />
      ))}
    </div>
  );
}

/** Below a position stands the same position, wherever the strips are scrolled to. */
function together({ target }: Event): void {
  if (!(target instanceof Element) || !target.matches(".strip")) return;
  const { scrollLeft } = target;
  for (const strip of target.closest("main")?.querySelectorAll(".strip") ?? []) {
    if (strip.scrollLeft !== scrollLeft) strip.scrollLeft = scrollLeft;
  }
}

function Positions({ shared }: { shared: Shared }) {
  return (
    <div class="row positions" aria-hidden="true">
      <span class="hint">{shared.view.step === 0 && "▶ or → goes on"}</span>
      <span />
      <div class="card">
        <div class="strip">
          {shared.view.ids.map((id, i) => (
            <span class="cell" key={i}>
              <small>{i}</small>
              {textOf(shared.model.document, id)}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  shared: Shared;
  step: StepData;
  number: number;
}

/** A row that stays as it is while what it shows does: a step changes two or three of them. */
function KeptRow({ shared, step, number }: RowProps) {
  const { model, run, base, focus, circuits, view } = shared;
  const { ids, pinned, settings, circuit, toggled } = view;
  const current = number === view.step;
  const ready = number <= view.step;
  const shown = [model, run, base, focus, circuits, ids, pinned, settings, circuit, step, number];
  return useMemo(
    () => <Row shared={shared} step={step} number={number} />,
    // eslint-disable-next-line react-hooks/exhaustive-deps -- of the view only what is shown here
    [...shown, toggled.join(), current, ready],
  );
}

function Row({ shared, step, number }: RowProps) {
  const { steps } = shared.model.document;
  const { view } = shared;
  const before = steps[number - 1];
  const first = !before || before.layer !== step.layer || before.half !== step.half;
  const current = number === view.step;
  const open = isOpen(view, number);
  const place = useRef<HTMLDivElement>(null);
  const seen = useRef(false);
  useEffect(() => {
    const opening = !seen.current; // of the page: the input is at its top, and stays in sight
    seen.current = true;
    if (!current || opening) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    place.current?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }, [current, number]);
  const name = step.writes ?? step.name;
  return (
    <div
      ref={place}
      class={classes(
        "row",
        `band-${step.half}`,
        first && "first",
        current && "current",
        number > view.step && "later",
        step.writes !== null && isLit(shared, step.writes) && "lit",
        circuitClass(shared, number),
      )}
      data-step={number}
      data-name={name}
      aria-current={current ? "step" : undefined}
    >
      <div class="band">
        {first && <b>{step.layer === null ? step.half : `layer ${step.layer}`}</b>}
        {first && step.layer !== null && <span>{step.half}</span>}
      </div>
      <Lanes shared={shared} number={number} />
      <div class="card" style={tint(colourOf(shared, step.writes))}>
        <Title shared={shared} step={step} number={number} open={open} />
        <CircuitNote shared={shared} step={number} />
        <Strip shared={shared} step={step} ready={number <= view.step} />
        {open && <Detail shared={shared} step={step} />}
      </div>
    </div>
  );
}

interface TitleProps {
  shared: Shared;
  step: StepData;
  number: number;
  open: boolean;
}

function Title({ shared, step, number, open }: TitleProps) {
  const { writes } = step;
  return (
    <div class="heading">
      <div class="formula">
        {writes === null ? (
          <b class="name">{step.name}</b>
        ) : (
          <button
            type="button"
            class="name"
            aria-pressed={shared.view.pinned === writes}
            title="keep lit"
            onClick={() => pin(shared, writes)}
            {...pointing(shared, variableFocus(shared.model, writes))}
          >
            {step.name}
          </button>
        )}
        <code title={step.text}>{step.text}</code>
      </div>
      <p class="what">{step.detail}</p>
      <div class="doing">
        {number !== shared.view.step && (
          <button type="button" onClick={() => go(shared, number)}>
            go to
          </button>
        )}
        <button
          type="button"
          aria-expanded={open}
          aria-label={`${open ? "Close" : "Open"} ${step.name}`}
          onClick={() => toggle(shared, number)}
        >
          {open ? "−" : "+"}
        </button>
      </div>
    </div>
  );
}

/** What was computed at every position. */
function Strip({ shared, step, ready }: { shared: Shared; step: StepData; ready: boolean }) {
  const found = readsOf(shared, step, false);
  const before = shared.base ? readsOf(shared, step, true) : found;
  return (
    <div
      class="strip"
      role="list"
      aria-label={`${step.name} at every position`}
      tabIndex={found.length > FITTING ? 0 : undefined}
    >
      {found.map((read, i) => {
        const was = before[i];
        const changed = was !== undefined && briefly(was) !== briefly(read);
        return (
          <span
            key={i}
            role="listitem"
            class={classes("cell", ready && changed && "changed")}
            data-position={i}
            data-value={ready ? fully(read) : undefined}
            title={
              ready
                ? `position ${i}: ${fully(read)}${changed ? `, was ${fully(was)}` : ""}`
                : "not computed yet"
            }
          >
            {ready ? briefly(read) : ""}
          </span>
        );
      })}
    </div>
  );
}

function readsOf(shared: Shared, step: StepData, before: boolean): Read[] {
  const { document: data } = shared.model;
  const run = before ? (shared.base ?? shared.run) : shared.run;
  if (step.half === "output") {
    return outputs(data, run).map((value) => ({ kind: "value", value }));
  }
  const place = placeOf(data, step.writes ?? step.name);
  return place ? readVariable(data, run, place) : [];
}

function Detail({ shared, step }: { shared: Shared; step: StepData }) {
  const { what, here } = explain(shared.model, shared.run, step);
  const component = componentOf(shared.model.document, step);
  return (
    <div class="detail">
      <p>
        {what} {here && <b>{here}</b>}
      </p>
      {component?.kind === "head" && <HeadDetail shared={shared} component={component} />}
      {component?.kind === "mlp" && <UnitsDetail shared={shared} component={component} />}
      {step.writes !== null && <SetVariable shared={shared} variable={step.writes} />}
    </div>
  );
}
