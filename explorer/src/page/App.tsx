import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import type { CircuitView } from "../core/document";
import type { Model } from "../core/model";
import { fromFragment, toFragment, type Asked, type View } from "../core/state";
import { useAddress } from "./address";
import { Beside, LevelTitle } from "./Beside";
import { Certificate } from "./Certificate";
import { CircuitBar } from "./Circuit";
import { Header } from "./Header";
import { Input } from "./Input";
import { Network } from "./Network";
import { Program } from "./Program";
import { Residual } from "./Residual";
import { useRuns } from "./runs";
import { Settings } from "./Settings";
import { move, variableFocus, type Change, type Focus, type Shared } from "./shared";
import { Stepper } from "./Stepper";

interface Props {
  model: Model;
  /** What is known beyond the document, and who computes more. */
  circuits?: CircuitView[];
  ask?: (asked: Asked) => void;
  keep?: (view: string) => void;
}

/** A view and the model that it was made for. */
interface Held {
  model: Model;
  view: View;
}

/** The view for another model: what of it fits there. */
function fitted(held: Held, model: Model): View {
  if (held.model === model) return held.view;
  return fromFragment(model.document, toFragment(held.model.document, held.view));
}

export function App({ model, circuits, ask, keep }: Props) {
  const { document: data } = model;
  const [held, setHeld] = useState<Held>(() => ({
    model,
    view: fromFragment(data, location.hash),
  }));
  const view = useMemo(() => fitted(held, model), [held, model]);
  const [pointed, point] = useState<Focus | null>(null);
  const update = useCallback(
    (change: Change) =>
      setHeld((before) => {
        const now = fitted(before, model);
        const changed = typeof change === "function" ? change(now) : change;
        return { model, view: { ...now, ...changed } };
      }),
    [model],
  );
  const runs = useRuns(model, view.ids, view.settings);

  const pinned = useMemo(
    () => (view.pinned === null ? null : variableFocus(model, view.pinned)),
    [model, view.pinned],
  );
  const shared: Shared = {
    model,
    ...runs,
    view,
    update,
    focus: pointed ?? pinned,
    point,
    circuits: circuits ?? data.circuits,
    ask: ask ?? null,
    keep: keep ?? null,
  };
  const program = useMemo(
    () => (
      <aside class="program-panel" aria-label="The program and its certificate">
        <Program shared={shared} />
        <Certificate shared={shared} />
      </aside>
    ),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- of what is shared only what it shows
    [model, shared.focus, view.pinned],
  );

  useAddress(toFragment(data, view));
  useEffect(() => {
    const read = () => setHeld({ model, view: fromFragment(data, location.hash) });
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, [model, data]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const next = stepAfter(event);
      if (next === null) return;
      event.preventDefault();
      move(shared, next);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  return (
    <>
      <Header shared={shared} />
      <Input shared={shared} />
      <Settings shared={shared} />
      <CircuitBar shared={shared} />
      <main class={view.beside ? "two" : ""}>
        <section class="network-panel" aria-label="The network, layer by layer">
          {view.beside && <LevelTitle document={data} />}
          <Stepper shared={shared} />
          <Network shared={shared} />
        </section>
        {view.beside && <Beside main={shared} />}
        {program}
        <aside class="stream-panel" aria-label="The residual stream">
          <Residual shared={shared} />
        </aside>
      </main>
    </>
  );
}

const TYPING = ["INPUT", "SELECT", "TEXTAREA"];

/** To which step a key leads from another, unless it is typed into something. */
function stepAfter(event: KeyboardEvent): ((step: number) => number) | null {
  const { target } = event;
  const typed =
    target instanceof HTMLElement &&
    (TYPING.includes(target.tagName) || target.closest("[contenteditable]") !== null);
  const held = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (held || typed || event.defaultPrevented || scrolls(target)) return null;
  switch (event.key) {
    case "ArrowRight":
      return (step) => step + 1;
    case "ArrowLeft":
      return (step) => step - 1;
    case "Home":
      return () => 0;
    case "End":
      return () => Infinity;
    default:
      return null;
  }
}

/** Whether keys move what is in an element, as there is more of it than it shows. */
function scrolls(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches(".scroll, .strip, .answer") &&
    target.scrollWidth > target.clientWidth
  );
}
