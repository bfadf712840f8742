import { useState } from "preact/hooks";

import { choices, settablePlaces, valueOf } from "../core/edits";
import { placeOf } from "../core/reading";
import { text } from "../core/values";
import type { Shared } from "./shared";

/** The settings that are in force. */
export function Settings({ shared }: { shared: Shared }) {
  const { settings } = shared.view;
  if (settings.length === 0) return null;
  return (
    <section class="settings" aria-label="Settings in force">
      <span>Set inside the network:</span>
      {settings.map(({ name, position, value }) => (
        <button
          type="button"
          class="chip"
          key={`${name} ${position}`}
          aria-label={`Take back ${name} at position ${position}`}
          onClick={() =>
            shared.update({
              settings: settings.filter((s) => s.name !== name || s.position !== position),
            })
          }
        >
          {`${name} at ${position} = ${value} ✕`}
        </button>
      ))}
      <span class="muted">
        What differs from the run without is outlined. This is what the network does; Python’s{" "}
        <code>model.run(…, do=…)</code> also compares it with the program.
      </span>
    </section>
  );
}

/** Sets one variable at a position. */
export function SetVariable({ shared, variable }: { shared: Shared; variable: string }) {
  const { document: data } = shared.model;
  const name = placeOf(data, variable)?.expression ?? "";
  const listed = choices(data, name).map(text);
  const [position, setPosition] = useState(0);
  const [wanted, setValue] = useState(listed[0] ?? "");
  // Another program may have been compiled since the value was chosen.
  const value = listed.length > 0 && !listed.includes(wanted) ? (listed[0] ?? "") : wanted;
  if (settablePlaces(data, name).length === 0) return null;
  const fits = valueOf(data, name, value) !== undefined;
  const at = Math.min(position, shared.view.ids.length - 1);
  const set = () => {
    const others = shared.view.settings.filter((s) => s.name !== name || s.position !== at);
    shared.update({ settings: [...others, { name, position: at, value }] });
  };
  return (
    <form
      class="set"
      onSubmit={(event) => {
        event.preventDefault();
        if (fits) set();
      }}
    >
      <span>{`What if ${name} at position`}</span>
      <select
        aria-label="position"
        value={at}
        onChange={(event) => setPosition(Number(event.currentTarget.value))}
      >
        {shared.view.ids.map((_, i) => (
          <option key={i} value={i}>
            {i}
          </option>
        ))}
      </select>
      <span>were</span>
      {listed.length > 0 ? (
        <select
          aria-label="value"
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        >
          {listed.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          aria-label="value"
          size={6}
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      )}
      <span>?</span>
      <button type="submit" disabled={!fits}>
        Set it
      </button>
    </form>
  );
}
