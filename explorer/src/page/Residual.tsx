import type { Direction, VariablePlace } from "../core/document";
import { siteOf, writtenAt } from "../core/schedule";
import { textOf } from "../core/tokens";
import { brief } from "../core/values";
import { Cells, LABELS } from "./Cells";
import { NormLanes } from "./NormLanes";
import { siteName } from "./names";
import {
  classes,
  colourOf,
  isLit,
  pin,
  pointing,
  tint,
  variableFocus,
  type Shared,
} from "./shared";

const WIDTH = 198;

/** The residual stream after the current step: a row per direction, a column per position. */
export function Residual({ shared }: { shared: Shared }) {
  const { document: data } = shared.model;
  const step = data.steps[shared.view.step];
  if (!step) return null;
  const { positions } = shared.run;
  const cell = Math.min(20, Math.max(3, WIDTH / positions));
  const names = ["BOS", ...shared.view.ids.map((id) => textOf(data, id))];
  const written = writtenAt(data);
  return (
    <section aria-labelledby="stream-title">
      <h2 id="stream-title">{`Residual stream, after ${siteName(step)}`}</h2>
      <p class="muted">
        a row per direction, a column per position, BOS first; blue is positive, orange negative;
        hatched: not yet written
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="residual stream">
        {cell >= 12 && (
          <svg width={LABELS + cell * positions + 2} height={16} aria-hidden="true">
            {names.map((name, i) => (
              <text
                key={i}
                x={LABELS + cell * (i + 0.5)}
                y={12}
                class={i === 0 ? "tiny" : "small"}
                text-anchor="middle"
              >
                {Array.from(name).length > 3 ? `${name.slice(0, 2)}…` : name}
              </text>
            ))}
          </svg>
        )}
        {data.circuit.variables.map((place) => (
          <Group
            key={place.name}
            {...{ shared, place, cell }}
            when={(written.get(place.name) ?? 0) - shared.view.step}
          />
        ))}
        <NormLanes shared={shared} cell={cell} />
      </div>
    </section>
  );
}

interface GroupProps {
  shared: Shared;
  place: VariablePlace;
  cell: number;
  /** Steps since it was written: 0 for what this step writes, above 0 where none has yet. */
  when: number;
}

function Group({ shared, place, cell, when }: GroupProps) {
  const { document: data } = shared.model;
  const { positions } = shared.run;
  const step = data.steps[shared.view.step];
  const stream = step ? shared.run.residual.get(siteOf(data, step)) : undefined;
  const directions = data.circuit.directions.slice(place.start, place.stop);
  const width = data.circuit.directions.length;
  const value = (direction: Direction, position: number) =>
    stream?.[position * width + direction.index] ?? 0;
  const all = directions.flatMap((d) =>
    Array.from({ length: positions }, (_, i) => Math.abs(value(d, i))),
  );
  const largest = Math.max(1e-3, ...all);
  const bos = place.name === "bos";
  return (
    <div
      class={classes("group", isLit(shared, place.name) && "lit", when > 0 && "unwritten")}
      style={tint(colourOf(shared, place.name))}
      data-group={place.name}
    >
      {!bos && (
        <button
          type="button"
          class="name"
          aria-pressed={shared.view.pinned === place.name}
          onClick={() => pin(shared, place.name)}
          {...pointing(shared, variableFocus(shared.model, place.name))}
        >
          {place.name}
        </button>
      )}
      <Cells
        label={`${place.name}: ${directions.length} directions of the residual stream`}
        cell={cell}
        positions={positions}
        isNew={when === 0}
        isWritten={when <= 0}
        rows={directions.map((direction) => ({
          id: direction.index,
          label: label(direction),
          title: `${place.name}${direction.values.length > 0 ? ` ${label(direction)}` : ""}`,
          values: Array.from({ length: positions }, (_, i) => value(direction, i)),
          largest,
          numbers: direction.values.length === 0 && !bos,
        }))}
      />
    </div>
  );
}

function label(direction: Direction): string {
  const { values, role, variable } = direction;
  if (values.length === 0) return role || (variable === "bos" ? "bos" : "number");
  const text = values.slice(0, 3).map(brief).join("|") + (values.length > 3 ? "|…" : "");
  return Array.from(text).length > 9 ? `${text.slice(0, 8)}…` : text;
}
