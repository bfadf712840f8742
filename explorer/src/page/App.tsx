import { useCallback, useEffect, useState } from "preact/hooks";

import type { Model } from "../core/model";
import { fromFragment, toFragment, type View } from "../core/state";
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

export function App({ model }: { model: Model }) {
  const { document: data } = model;
  const [view, setView] = useState<View>(() => fromFragment(data, location.hash));
  const [pointed, point] = useState<Focus | null>(null);
  const update = useCallback(
    (change: Change) =>
      setView((before) => ({
        ...before,
        ...(typeof change === "function" ? change(before) : change),
      })),
    [],
  );
  const runs = useRuns(model, view.ids, view.settings);

  const partly: Omit<Shared, "focus"> = {
    model,
    ...runs,
    view,
    update,
    point,
    circuits: data.circuits,
    ask: null,
  };
  const pinned =
    view.pinned === null ? null : variableFocus({ ...partly, focus: null }, view.pinned);
  const shared: Shared = { ...partly, focus: pointed ?? pinned };

  useEffect(() => {
    history.replaceState(null, "", `#${toFragment(data, view)}`);
  }, [data, view]);
  useEffect(() => {
    const read = () => setView(fromFragment(data, location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, [data]);
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
        <aside class="program-panel" aria-label="The program and its certificate">
          <Program shared={shared} />
          <Certificate shared={shared} />
        </aside>
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
  const typed = target instanceof HTMLElement && TYPING.includes(target.tagName);
  if (typed || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
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
