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
  const { config, sharpness } = model.document;
  const hidden = at(run.hidden, component.layer);
  const times = sharpness === 1 ? "" : `2${raised(Math.log2(sharpness))}`;
  const positions = Math.min(run.positions - 1, POSITIONS);
  const activity = (unit: Unit) =>
    Array.from({ length: positions }, (_, i) => hidden[(i + 1) * config.d_mlp + unit.number] ?? 0);
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
                {`is ${config.activation ?? "relu"} of${times && ` ${times} ×`}`}
              </th>
              <th scope="col" class="sum">
                {times ? `and writes it over ${times} ×` : "and writes"}
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((unit) => {
              const active = activity(unit);
              const largest = Math.max(...active, 1e-9 * sharpness);
              return (
                <tr key={unit.number}>
                  <th scope="row">{unit.number}</th>
                  {active.map((amount, i) => (
                    <td
                      key={i}
                      class={amount >= STRONG * largest ? "strong" : ""}
                      style={{ "--weight": Math.max(amount, 0) / largest }}
                      data-unit={unit.number}
                      data-position={i}
                      data-activity={amount}
                      title={`unit ${unit.number} at position ${i}: ${number(amount)}`}
                    >
                      {inner(amount / sharpness)}
                    </td>
                  ))}
                  <td class="sum">
                    <Sum
                      shared={shared}
                      terms={summed(model, unit.reads).map(over(sharpness))}
                      bias={unit.bias / sharpness}
                    />
                  </td>
                  <td class="sum">
                    <Sum shared={shared} terms={unit.writes.map(over(1 / sharpness))} bias={0} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {times && (
        <p class="muted">{`A ${config.activation} is a relu wherever it reads much: each unit reads ${times} times as much as the weights shown, and writes as much less. Activities are shown over ${times}.`}</p>
      )}
      {shown.length < units.length && (
        <button type="button" onClick={() => setAll(true)}>
          {`all ${units.length} units`}
        </button>
      )}
    </details>
  );
}

/** Weights as they would be of relus. */
function over(sharpness: number) {
  return ([end, weight]: [End, number]): [End, number] => [end, weight / sharpness];
}

/** An activity in a cell, none where it is 0 but for rounding. */
function inner(amount: number): string {
  return Math.abs(amount) > 1e-9 ? number(Number(amount.toPrecision(2))) : "";
}

function raised(exponent: number): string {
  return Array.from(String(exponent), (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
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
