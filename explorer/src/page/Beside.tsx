import { useMemo, useState } from "preact/hooks";

import type { ModelDocument } from "../core/document";
import { prepare, type Model } from "../core/model";
import { Network } from "./Network";
import { expressionFocus, type Change, type Focus, type Shared } from "./shared";
import { Stepper } from "./Stepper";
import { useRuns } from "./runs";

const MODELS = new WeakMap<ModelDocument, Model>();

function besideOf(data: ModelDocument): Model | null {
  if (!data.beside) return null;
  const known = MODELS.get(data) ?? prepare(data.beside);
  MODELS.set(data, known);
  return known;
}

/** The second network, on the same input; what is lit in one is lit in the other. */
export function Beside({ main }: { main: Shared }) {
  const model = besideOf(main.model.document);
  return model && <Other main={main} model={model} />;
}

function Other({ main, model }: { main: Shared; model: Model }) {
  const [own, setOwn] = useState({ step: 0, toggled: [] as number[] });
  const runs = useRuns(model, main.view.ids, main.view.settings);
  const [ours, theirs] = [main.model.document, model.document];
  const view = { ...main.view, ...own, pinned: counterpart(ours, theirs, main.view.pinned) };
  const { focus: lit } = main;
  const focus = useMemo(() => lit && translated(ours, model, lit), [lit, ours, model]);
  const update = (change: Change) => {
    const { step, toggled, pinned, ...others } =
      typeof change === "function" ? change(view) : change;
    setOwn((before) => ({ step: step ?? before.step, toggled: toggled ?? before.toggled }));
    if (pinned !== undefined) main.update({ pinned: counterpart(theirs, ours, pinned) });
    if (Object.keys(others).length > 0) main.update(others);
  };
  const shared: Shared = {
    ...main,
    model,
    ...runs,
    view,
    update,
    focus,
    point: (pointed) => main.point(pointed && translated(theirs, main.model, pointed)),
    circuits: theirs.circuits,
    ask: null,
    keep: null,
  };
  return (
    <section class="other-panel" aria-label={`The network at ${levelOf(theirs)}`}>
      <LevelTitle document={theirs} />
      <Stepper shared={shared} />
      <Network shared={shared} />
    </section>
  );
}

export function levelOf(document: ModelDocument): string {
  return `optimize=${document.circuit.optimize}`;
}

/** Above each of two networks, which it is. */
export function LevelTitle({ document }: { document: ModelDocument }) {
  return (
    <h2 class="level">
      {levelOf(document)} <small>{document.sizes}</small>
    </h2>
  );
}

/** The expression at a number is the same in both, if they are of one program. */
function same(from: ModelDocument, to: ModelDocument, number: number): boolean {
  const [a, b] = [from.expressions[number], to.expressions[number]];
  return a !== undefined && a.text === b?.text && a.name === b.name;
}

function translated(from: ModelDocument, to: Model, focus: Focus): Focus {
  const number = focus.expression;
  if (number === null || !same(from, to.document, number)) {
    return { variables: [], expression: null };
  }
  return expressionFocus(to, number);
}

/** The variable of another model that holds the same expression. */
function counterpart(from: ModelDocument, to: ModelDocument, name: string | null): string | null {
  if (name === null) return null;
  if (to.variables.some((variable) => variable.name === name)) return name;
  const number = from.variables.find((variable) => variable.name === name)?.expression ?? -1;
  return same(from, to, number) ? (to.expressions[number]?.variables.at(-1) ?? null) : null;
}
