import { useMemo, useState } from "preact/hooks";

import { headParts, headRun, selection, type End, type HeadParts } from "../core/blocks";
import type { Component } from "../core/document";
import { briefly, placeOf, readVariable } from "../core/reading";
import { siteBefore } from "../core/schedule";
import { textOf } from "../core/tokens";
import { number } from "../core/values";
import { gridKeys, type Cell } from "./gridKeys";
import { Picture } from "./Picture";
import { classes, colourOf, isLit, tint, type Shared } from "./shared";

const CELLS_EACH = 24;
const NUMBERS_EACH = 11;
const LINKS = 24;
const TABLE = 700;

/** From here on a cell is dark. */
export const STRONG = 0.8;

interface Props {
  shared: Shared;
  component: Component;
}

/** What a head selects, where it looks, and by which weights. */
export function HeadDetail({ shared, component }: Props) {
  const { model, run } = shared;
  const parts = useMemo(() => headParts(model, component), [model, component]);
  const selected = useMemo(() => selection(model, component, run), [model, component, run]);
  const [cell, setCell] = useState<Cell | null>(null);
  const small = run.positions - 1 <= CELLS_EACH;
  return (
    <>
      <div class="grids">
        <figure>
          <figcaption>selector: 1 where a position (row) selects a position (column)</figcaption>
          {small ? (
            <Selection {...{ shared, component, parts, selected, cell, setCell }} />
          ) : (
            <Picture
              label={`selector of ${component.variable}`}
              rows={selected.map((row) => row.map(Number))}
            />
          )}
        </figure>
        <figure>
          <figcaption>attention pattern, which the head computes</figcaption>
          {small ? (
            <Pattern {...{ shared, component, cell, setCell }} />
          ) : (
            <Picture
              label={`attention of ${component.variable}`}
              rows={rowsOf(headRun(run, component).pattern, run.positions).slice(1)}
            />
          )}
        </figure>
      </div>
      {!small && (
        <p class="muted">{`With more than ${CELLS_EACH} positions each grid is drawn as a picture, without numbers.`}</p>
      )}
      <QueryKey {...{ shared, component, parts, cell, small }} />
      <ValuePath shared={shared} parts={parts} />
    </>
  );
}

function rowsOf(flat: Float64Array, width: number): number[][] {
  return Array.from({ length: width }, (_, i) => [...flat.subarray(i * width, (i + 1) * width)]);
}

interface GridProps extends Props {
  cell: Cell | null;
  setCell: (cell: Cell | null) => void;
}

interface SelectionProps extends GridProps {
  parts: HeadParts;
  selected: boolean[][];
}

/** As RASP is drawn: keys across, queries down; what is moved below, what arrives on the right. */
function Selection({ shared, component, parts, selected, cell, setCell }: SelectionProps) {
  const { keys, queries, values } = parts;
  const result = textsOf(shared, component.variable);
  return (
    <div
      class="scroll"
      tabIndex={0}
      role="group"
      aria-label="selector"
      {...gridKeys(cell, setCell, selected.length, 0)}
    >
      <table class="grid">
        <thead>
          {keys.map((name) => (
            <tr key={name}>
              <th class="side" colSpan={queries.length + 1} scope="row">
                <small>key </small>
                <Name shared={shared} name={name} />
              </th>
              <Values shared={shared} name={name} />
              <td />
            </tr>
          ))}
          <tr class="numbers">
            {queries.map((name) => (
              <th key={name} scope="col">
                <small>query </small>
                <Name shared={shared} name={name} />
              </th>
            ))}
            <th scope="col">
              <span class="hidden">position</span>
            </th>
            {selected.map((_, key) => (
              <th key={key} scope="col">
                <small>{key}</small>
              </th>
            ))}
            <th scope="col">
              <Name shared={shared} name={component.variable} />
            </th>
          </tr>
        </thead>
        <tbody>
          {selected.map((row, query) => (
            <tr key={query}>
              {queries.map((name) => (
                <Value key={name} shared={shared} name={name} position={query} />
              ))}
              <th scope="row">
                <small>{query}</small>
              </th>
              {row.map((one, key) => (
                <td
                  key={key}
                  class={classes("bit", one && "one", same(cell, query, key) && "at")}
                  data-selected={one ? 1 : 0}
                  onMouseEnter={() => setCell({ query, key })}
                  onMouseLeave={() => setCell(null)}
                >
                  {one ? 1 : 0}
                </td>
              ))}
              <td class="value" style={tint(colourOf(shared, component.variable))}>
                {result[query]}
              </td>
            </tr>
          ))}
        </tbody>
        {values.length > 0 && (
          <tfoot>
            {values.map((name) => (
              <tr key={name}>
                <th class="side" colSpan={queries.length + 1} scope="row">
                  <small>moved </small>
                  <Name shared={shared} name={name} />
                </th>
                <Values shared={shared} name={name} />
                <td />
              </tr>
            ))}
          </tfoot>
        )}
      </table>
    </div>
  );
}

function same(cell: Cell | null, query: number, key: number): boolean {
  return cell?.query === query && cell.key === key;
}

function Pattern({ shared, component, cell, setCell }: GridProps) {
  const { run, model } = shared;
  const rows = rowsOf(headRun(run, component).pattern, run.positions);
  const written = run.positions <= NUMBERS_EACH + 1;
  // Beside a BOS that takes nearly all, the shares of the keys are told apart by their own scale.
  const tiny = component.construction === "sum";
  const largest = Math.max(...rows.slice(1).flatMap((row) => row.slice(1)), 1e-30);
  const names = ["BOS", ...shared.view.ids.map((id) => textOf(model.document, id))];
  return (
    <div
      class="scroll"
      tabIndex={0}
      role="group"
      aria-label="attention"
      {...gridKeys(cell, setCell, run.positions - 1, -1)}
    >
      <table class="grid pattern">
        <thead>
          <tr>
            <th scope="col">
              <small>looks at</small>
            </th>
            {names.map((name, key) => (
              <th key={key} scope="col">
                {key === 0 ? <small>{name}</small> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(1).map((row, query) => (
            <tr key={query}>
              <th scope="row">
                <small>{query} </small>
                {names[query + 1]}
              </th>
              {row.map((weight, key) => (
                <td
                  key={key}
                  class={classes(same(cell, query, key - 1) && "at", weight >= STRONG && "strong")}
                  style={{ "--weight": tiny && key > 0 ? (weight / largest) * 0.55 : weight }}
                  data-query={query}
                  data-key={key}
                  data-weight={weight}
                  title={`position ${query} gives ${key === 0 ? "BOS" : `position ${key - 1}`} ${weight.toPrecision(4)} of its attention`}
                  onMouseEnter={() => setCell({ query, key: key - 1 })}
                  onMouseLeave={() => setCell(null)}
                >
                  {written ? (tiny && key > 0 ? tinyShare(weight, largest) : share(weight)) : ""}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A weight in three characters. */
function share(weight: number): string {
  if (weight >= 0.995) return "1";
  return weight < 0.005 ? "" : weight.toFixed(2).slice(1);
}

function tinyShare(weight: number, largest: number) {
  return weight > largest / 1000 ? <small>{weight.toExponential(0)}</small> : "";
}

const CHOOSE =
  "Point at a cell of a grid above, or reach the grid with Tab and a cell with the arrow keys, to see which entries make its score. ";

function QueryKey({
  shared,
  component,
  parts,
  cell,
  small,
}: Props & { parts: HeadParts; cell: Cell | null; small: boolean }) {
  const { queries, keys, scores } = parts.table;
  const largest = Math.max(...scores.flat().map(Math.abs), 1e-30);
  const { run } = shared;
  const active = (end: End, position: number | undefined) => {
    if (position === undefined || position < -1) return false;
    if (end.index < 0) return true;
    const width = shared.model.document.circuit.directions.length;
    const stream = run.residual.get(siteBefore(component.layer));
    return Math.abs(stream?.[(position + 1) * width + end.index] ?? 0) > 1e-4;
  };
  const score = cell
    ? headRun(run, component).scores[(cell.query + 1) * run.positions + cell.key + 1]
    : undefined;
  const title = "Q·K table: how much each query value and key value add to the score";
  return (
    <details class="inside">
      <summary>{title}</summary>
      {queries.length * keys.length > TABLE ? (
        <Picture label={title} rows={scores} />
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-label={title}>
          <table class="grid weights">
            <thead>
              <tr>
                <th scope="col">
                  <small>query ↓ key →</small>
                </th>
                {keys.map((it) => (
                  <th key={it.index} scope="col" class="turned">
                    <Direction shared={shared} end={it} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {queries.map((query, i) => (
                <tr key={query.index}>
                  <th scope="row">
                    <Direction shared={shared} end={query} />
                  </th>
                  {keys.map((key, j) => {
                    const entry = scores[i]?.[j] ?? 0;
                    const lit = active(query, cell?.query) && active(key, cell?.key);
                    return (
                      <td
                        key={key.index}
                        class={classes(
                          entry < 0 && "negative",
                          Math.abs(entry) >= STRONG * largest && "strong",
                          lit && "at",
                        )}
                        style={{ "--weight": Math.abs(entry) / largest }}
                        title={`${query.label} · ${key.label}: ${number(entry)}`}
                      >
                        {entry === 0 ? "" : number(Number(entry.toPrecision(3)))}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="muted" aria-live="polite">
        {cell && score !== undefined
          ? `Position ${cell.query} as query, ${cell.key < 0 ? "BOS" : `position ${cell.key}`} as key: the entries of what both hold add up to a score of ${Number.isFinite(score) ? number(score) : "−∞ (masked)"}.`
          : `${small ? CHOOSE : ""}The softmax turns each query’s scores into its attention.`}
      </p>
    </details>
  );
}

function ValuePath({ shared, parts }: { shared: Shared; parts: HeadParts }) {
  const [all, setAll] = useState(false);
  const links = all ? parts.moved : parts.moved.slice(0, LINKS);
  if (parts.moved.length === 0) return null;
  return (
    <details class="inside">
      <summary>Value path: what is written for what stands at the key</summary>
      <ul class="links">
        {links.map((link) => (
          <li key={`${link.from.index} ${link.to.index}`}>
            <Direction shared={shared} end={link.from} /> →{" "}
            <Direction shared={shared} end={link.to} /> <small>× {number(link.weight)}</small>
          </li>
        ))}
      </ul>
      {links.length < parts.moved.length && (
        <button type="button" onClick={() => setAll(true)}>
          {`all ${parts.moved.length}`}
        </button>
      )}
    </details>
  );
}

export function Direction({ shared, end }: { shared: Shared; end: End }) {
  return (
    <span
      class={classes("tinted", isLit(shared, end.variable) && "lit")}
      style={tint(colourOf(shared, end.variable))}
    >
      {end.label}
    </span>
  );
}

function Name({ shared, name }: { shared: Shared; name: string }) {
  return (
    <span
      class={classes("tinted", isLit(shared, name) && "lit")}
      style={tint(colourOf(shared, name))}
    >
      {name}
    </span>
  );
}

function textsOf(shared: Shared, name: string): string[] {
  const place = placeOf(shared.model.document, name);
  return place ? readVariable(shared.model.document, shared.run, place).map(briefly) : [];
}

function Values({ shared, name }: { shared: Shared; name: string }) {
  return (
    <>
      {textsOf(shared, name).map((_, i) => (
        <Value key={i} shared={shared} name={name} position={i} />
      ))}
    </>
  );
}

function Value({ shared, name, position }: { shared: Shared; name: string; position: number }) {
  return (
    <td class="value" style={tint(colourOf(shared, name))}>
      {textsOf(shared, name)[position]}
    </td>
  );
}
