import { gainOf, normOf } from "../core/norms";
import { readerAfter, siteOf } from "../core/schedule";
import { number } from "../core/values";
import { Cells } from "./Cells";
import { readerName } from "./names";
import type { Shared } from "./shared";

const KINDS = { none: "norm", layer: "layer norm", rms: "RMS norm" };

const ABOUT: Record<string, string> = {
  zero: "nobody writes it; behind the norm it is minus the mean, which every reader takes away",
  balance: "minus the sum of what is written elsewhere, so that the mean is 0",
  A: "so large that the norm divides every position by the same",
  "-A": "its opposite, for the mean",
};

/** The lanes of the stream that hold up a model's norms, and what the next norm does. */
export function NormLanes({ shared, cell }: { shared: Shared; cell: number }) {
  const { model, run } = shared;
  const { config, lanes, steps } = model.document;
  const step = steps[shared.view.step];
  if (!step || lanes.length === 0) return null;
  const site = siteOf(model.document, step);
  const held = run.lanes.get(site) ?? new Float64Array();
  const kind = KINDS[normOf(config)];
  return (
    <div class="group" data-group="norm lanes">
      <span class="name">{`lanes of the ${kind}s`}</span>
      <Cells
        label={`${lanes.length} lanes of the residual stream that hold up the ${kind}s`}
        rows={lanes.map(({ name, column }, lane) => {
          const values = Array.from(
            { length: run.positions },
            (_, i) => held[i * lanes.length + lane] ?? 0,
          );
          return {
            id: column,
            label: name.replace("-", "−"),
            title: `${name.replace("-", "−")} (${ABOUT[name] ?? ""})`,
            values,
            largest: Math.max(1e-3, ...values.map(Math.abs)),
            numbers: true,
          };
        })}
        cell={cell}
        positions={run.positions}
        isNew={false}
        isWritten
      />
      <p class="muted" data-norm={site}>
        {normSentence(shared, site, kind)}
      </p>
    </div>
  );
}

/** What the norm before the next reader divides by and multiplies by, and what is left of both. */
function normSentence({ model, run }: Shared, site: string, kind: string): string {
  const reader = readerAfter(model.document, site);
  const scales = [...(run.scales.get(reader) ?? [])];
  const gain = gainOf(model, reader);
  const [least, most] = [Math.min(...scales), Math.max(...scales)].map(number);
  const off = Math.max(...scales.map((scale) => Math.abs(gain / scale - 1)));
  const divided = least === most ? least : `${least} to ${most}`;
  return `${readerName(reader)} reads this behind a ${kind}: divided by ${divided}, times ${number(gain)}. So it is read as it is, to within a factor of 1 ± ${number(off)}.`;
}
