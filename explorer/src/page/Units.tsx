import { useMemo, useState } from "preact/hooks";

import { summed, unitsOf, type End, type Unit } from "../core/blocks";
import type { Component } from "../core/document";
import { at } from "../core/model";
import { number } from "../core/values";
import { Direction, STRONG } from "./Head";
import type { Shared } from "./shared";

const UNITS = 24;
const POSITIONS = 24;
const TERMS = 4;

/** The hidden units of a component: what each reads, how active it is, what it writes. */
export function UnitsDetail({ shared, component }: { shared: Shared; component: Component }) {
  const { model, run } = shared;
  const units = useMemo(() => unitsOf(model, component), [model, component]);
  const [all, setAll] = useState(false);
  const hidden = at(run.hidden, component.layer);
  const width = model.document.config.d_mlp;
  const positions = Math.min(run.positions - 1, POSITIONS);
  const activity = (unit: Unit) =>
    Array.from({ length: positions }, (_, i) => hidden[(i + 1) * width + unit.number] ?? 0);
  const shown = all ? units : units.slice(0, UNITS);
  return (
    <details class="inside">
      <summary>{`${units.length} hidden units: what each reads, how active it is, what it writes`}</summary>
      <div class="scroll" tabIndex={0} role="group" aria-label="hidden units">
        <table class="grid units">
          <thead>
            <tr>
              <th scope="col">unit</th>
              {Array.from({ length: positions }, (_, i) => (
                <th key={i} scope="col">
                  <small>{i}</small>
                </th>
              ))}
              <th scope="col" class="sum">
                is relu of
              </th>
              <th scope="col" class="sum">
                and writes
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((unit) => {
              const active = activity(unit);
              const largest = Math.max(...active, 1e-9);
              return (
                <tr key={unit.number}>
                  <th scope="row">{unit.number}</th>
                  {active.map((amount, i) => (
                    <td
                      key={i}
                      class={amount >= STRONG * largest ? "strong" : ""}
                      style={{ "--weight": amount / largest }}
                      data-unit={unit.number}
                      data-position={i}
                      data-activity={amount}
                      title={`unit ${unit.number} at position ${i}: ${number(amount)}`}
                    >
                      {amount > 0 ? number(Number(amount.toPrecision(2))) : ""}
                    </td>
                  ))}
                  <td class="sum">
                    <Sum shared={shared} terms={summed(model, unit.reads)} bias={unit.bias} />
                  </td>
                  <td class="sum">
                    <Sum shared={shared} terms={unit.writes} bias={0} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {shown.length < units.length && (
        <button type="button" onClick={() => setAll(true)}>
          {`all ${units.length} units`}
        </button>
      )}
    </details>
  );
}

interface SumProps {
  shared: Shared;
  terms: [End, number][];
  bias: number;
}

function Sum({ shared, terms, bias }: SumProps) {
  const some = terms.length > TERMS ? terms.slice(0, TERMS - 1) : terms;
  return (
    <>
      {some.map(([end, weight], i) => (
        <span key={end.index} class="term">
          {signed(weight, i === 0)} <Direction shared={shared} end={end} />
        </span>
      ))}
      {some.length < terms.length && (
        <span class="term">{`+ ${terms.length - some.length} more`}</span>
      )}
      {bias !== 0 && <span class="term">{signed(bias, terms.length === 0)}</span>}
    </>
  );
}

function signed(weight: number, first: boolean): string {
  const size = number(Number(Math.abs(weight).toPrecision(3)));
  if (weight < 0) return `− ${size}`;
  return first ? size : `+ ${size}`;
}
