import { siteName } from "./names";
import { go, move, type Shared } from "./shared";

export function Stepper({ shared }: { shared: Shared }) {
  const { steps } = shared.model.document;
  const { step } = shared.view;
  const current = steps[step];
  const last = steps.length - 1;
  return (
    <div class="stepper" role="group" aria-label="Steps">
      <button
        type="button"
        aria-label="Step back"
        disabled={step === 0}
        onClick={() => move(shared, (before) => before - 1)}
      >
        ◀
      </button>
      <input
        type="range"
        min={0}
        max={last}
        value={step}
        aria-label="Step"
        aria-valuetext={current ? `${siteName(current)}: ${current.name}` : ""}
        onInput={(event) => go(shared, Number(event.currentTarget.value))}
      />
      <button
        type="button"
        aria-label="Step on"
        disabled={step === last}
        onClick={() => move(shared, (before) => before + 1)}
      >
        ▶
      </button>
      <output aria-live="polite">
        <b>{`${step + 1} / ${steps.length}`}</b>
        {current && ` ${siteName(current)}: ${current.name}`}
      </output>
    </div>
  );
}
