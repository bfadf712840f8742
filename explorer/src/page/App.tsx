import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { editsOf } from "../core/edits";
import { forward } from "../core/forward";
import type { Model } from "../core/model";
import { fromFragment, toFragment, type View } from "../core/state";
import { Certificate } from "./Certificate";
import { Header } from "./Header";
import { Input } from "./Input";
import { Network } from "./Network";
import { Program } from "./Program";
import { Residual } from "./Residual";
import { Settings } from "./Settings";
import { go, variableFocus, type Focus, type Shared } from "./shared";
import { Stepper } from "./Stepper";

export function App({ model }: { model: Model }) {
  const { document: data } = model;
  const [view, setView] = useState<View>(() => fromFragment(data, location.hash));
  const [pointed, point] = useState<Focus | null>(null);
  const update = useCallback(
    (change: Partial<View>) => setView((before) => ({ ...before, ...change })),
    [],
  );
  const { ids, settings } = view;
  const base = useMemo(() => forward(model, ids), [model, ids]);
  const run = useMemo(() => {
    const edits = editsOf(data, settings, ids.length);
    return edits.length > 0 ? forward(model, ids, edits) : base;
  }, [model, data, ids, settings, base]);

  const partly: Omit<Shared, "focus"> = {
    model,
    run,
    base: run === base ? null : base,
    view,
    update,
    point,
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
      const to = stepAfter(event, view.step, data.steps.length - 1);
      if (to === null) return;
      event.preventDefault();
      go(shared, to);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  return (
    <>
      <Header shared={shared} />
      <Input shared={shared} />
      <Settings shared={shared} />
      <main>
        <section class="network-panel" aria-label="The network, layer by layer">
          <Stepper shared={shared} />
          <Network shared={shared} />
        </section>
        <aside class="program-panel">
          <Program shared={shared} />
          <Certificate shared={shared} />
        </aside>
        <aside class="stream-panel">
          <Residual shared={shared} />
        </aside>
      </main>
    </>
  );
}

const TYPING = ["INPUT", "SELECT", "TEXTAREA"];

/** The step to which a key leads, unless it is typed into something. */
function stepAfter(event: KeyboardEvent, step: number, last: number): number | null {
  const { target } = event;
  const typed = target instanceof HTMLElement && TYPING.includes(target.tagName);
  if (typed || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null;
  switch (event.key) {
    case "ArrowRight":
      return step + 1;
    case "ArrowLeft":
      return step - 1;
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
