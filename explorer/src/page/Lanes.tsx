import { lastRead, writtenAt } from "../core/schedule";
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

/** The lanes of the residual stream beside a row: what passes, is read, is written. */
export function Lanes({ shared, number }: { shared: Shared; number: number }) {
  const { document: data } = shared.model;
  const step = data.steps[number];
  const written = writtenAt(data);
  const passing = data.steps.filter((other) => {
    const start = written.get(other.writes ?? "") ?? Infinity;
    return other.writes !== null && start <= number && number <= lastRead(data, other.writes);
  });
  const reads = new Set(step?.reads ?? []);
  const laneOf = (name: string) => data.steps.find((other) => other.writes === name)?.lane ?? 0;
  const first = Math.min(...[...reads].map(laneOf));
  const later = number > shared.view.step && "later";
  return (
    <div class="lanes" aria-hidden="true">
      {reads.size > 0 && <span class={classes("wire in", later)} style={{ "--number": first }} />}
      {step?.writes && (
        <span
          class={classes("wire out", later)}
          style={{ ...tint(colourOf(shared, step.writes)), "--number": step.lane }}
        />
      )}
      {passing.map((other) => {
        const name = other.writes ?? "";
        const starts = written.get(name) === number;
        const ends = lastRead(data, name) === number;
        const read = reads.has(name);
        return (
          <span
            key={name}
            class={classes(
              "lane",
              starts && "starts",
              ends && "ends",
              read && "read",
              isLit(shared, name) && "lit",
              later,
            )}
            style={{ ...tint(colourOf(shared, name)), "--number": other.lane }}
            title={name}
            onClick={() => pin(shared, name)}
            {...pointing(shared, variableFocus(shared.model, name))}
          />
        );
      })}
    </div>
  );
}
