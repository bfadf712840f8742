import { useEffect, useState } from "preact/hooks";

import { outputs } from "../core/reading";
import { key, text } from "../core/values";
import { parse, textOf, write } from "../core/tokens";
import { classes, type Shared } from "./shared";

const CHIPS = 40;

export function Input({ shared }: { shared: Shared }) {
  const { document: data } = shared.model;
  const { ids } = shared.view;
  const [typed, setTyped] = useState(() => write(data, ids));
  const parsed = parse(data, typed);
  useEffect(() => {
    setTyped((before) => {
      const now = parse(data, before).ids;
      return now && now.join() === ids.join() ? before : write(data, ids);
    });
  }, [data, ids]);

  const take = (given: string) => {
    setTyped(given);
    const found = parse(data, given);
    if (found.ids) shared.update({ ids: found.ids, settings: [] });
  };
  const append = (id: number) => {
    const before = parsed.ids ?? [];
    take(write(data, [...before, id]));
  };
  return (
    <section class="input" aria-label="Input and output">
      <div class="field">
        <label for="typed">Input</label>
        <input
          id="typed"
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          aria-invalid={parsed.problem !== null}
          aria-describedby="problem"
          onInput={(event) => take(event.currentTarget.value)}
        />
      </div>
      <p id="problem" class="problem" role="alert">
        {parsed.problem ?? ""}
      </p>
      <div class="chips">
        <span class="muted">{`${data.vocabulary.length} tokens:`}</span>
        {data.vocabulary.slice(0, CHIPS).map((token) => (
          <button
            type="button"
            class="chip"
            key={token.id}
            title={`append ${token.text}`}
            onClick={() => append(token.id)}
          >
            {token.text}
          </button>
        ))}
        {data.vocabulary.length > CHIPS && <span class="muted">…</span>}
        <button type="button" class="chip plain" onClick={() => take("")}>
          clear
        </button>
      </div>
      <Answer shared={shared} stale={parsed.problem !== null} />
    </section>
  );
}

function Answer({ shared, stale }: { shared: Shared; stale: boolean }) {
  const { document: data } = shared.model;
  const found = outputs(data, shared.run);
  const before = shared.base ? outputs(data, shared.base) : found;
  return (
    <div
      class={classes("answer", stale && "stale")}
      tabIndex={0}
      role="group"
      aria-label="input and output, position by position"
    >
      <table>
        <caption class="hidden">The input and the model’s output, position by position</caption>
        <tbody>
          <tr>
            <th scope="row">input</th>
            {shared.view.ids.map((id, i) => (
              <td key={i}>{textOf(data, id)}</td>
            ))}
          </tr>
          <tr class="out">
            <th scope="row">output</th>
            {found.map((value, i) => {
              const was = before[i] ?? null;
              const changed = key(was) !== key(value);
              return (
                <td
                  key={i}
                  data-output={i}
                  class={changed ? "changed" : ""}
                  title={changed ? `was ${text(was)}` : ""}
                >
                  {value === null ? "–" : text(value)}
                </td>
              );
            })}
          </tr>
        </tbody>
      </table>
      {stale && <p class="muted">of the last input that the model takes</p>}
      {data.circuit.certificate.assumptions.map((assumed) => (
        <p class="muted" key={assumed}>{`assumed: ${assumed}`}</p>
      ))}
    </div>
  );
}
