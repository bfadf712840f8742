import { finite } from "../core/document";
import { colourOf, isLit, pin, pointing, tint, variableFocus, type Shared } from "./shared";

/** What was proved: how much of each decision's tolerance is left. */
export function Certificate({ shared }: { shared: Shared }) {
  const { certificate } = shared.model.document.circuit;
  if (certificate.measured) {
    return (
      <section>
        <h2>Certificate</h2>
        <p>None: what this model computes can only be measured.</p>
      </section>
    );
  }
  return (
    <section aria-labelledby="certificate-title">
      <h2 id="certificate-title">{`Certificate for ${certificate.precision}`}</h2>
      <p class="muted">
        proved of the weights: how far off what a block writes can be, and how much of the tolerance
        of its decision is left
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="margins">
        <table class="bounds">
          <thead>
            <tr>
              <th scope="col">block</th>
              <th scope="col">error</th>
              <th scope="col">meets</th>
              <th scope="col">bears</th>
              <th scope="col">margin</th>
            </tr>
          </thead>
          <tbody>
            {certificate.bounds.map((bound) => {
              const left = margin(finite(bound.met), finite(bound.borne));
              return (
                <tr key={bound.name} class={isLit(shared, bound.name) ? "lit" : ""}>
                  <th scope="row">
                    <button
                      type="button"
                      class="name"
                      style={tint(colourOf(shared, bound.name))}
                      onClick={() => pin(shared, bound.name)}
                      {...pointing(shared, variableFocus(shared.model, bound.name))}
                    >
                      {bound.name}
                    </button>
                  </th>
                  <td>{small(finite(bound.error))}</td>
                  <td>{small(finite(bound.met))}</td>
                  <td>{small(finite(bound.borne))}</td>
                  <td class="margin" style={{ "--weight": left }}>
                    {left.toFixed(4)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p>
        {`output: ${certificate.numerical ? "number" : "scores"} within ${small(finite(certificate.output_error))}`}
      </p>
    </section>
  );
}

function small(x: number): string {
  return Number.isFinite(x) ? x.toExponential(1) : "any";
}

/** As Bound.margin in Python. */
function margin(met: number, borne: number): number {
  if (!Number.isFinite(borne)) return 1;
  return borne > 0 ? 1 - met / borne : -Infinity;
}
