import type { Expression, SourceText } from "../core/document";
import { segments } from "../core/source";
import { writtenAt } from "../core/schedule";
import { Graph } from "./Graph";
import { classes, colourOf, expressionFocus, go, pin, pointing, tint, type Shared } from "./shared";

/** The program: its source text, and its expressions one by one. */
export function Program({ shared }: { shared: Shared }) {
  const { expressions, sources, circuit } = shared.model.document;
  return (
    <section aria-labelledby="program-title">
      <h2 id="program-title">The program</h2>
      {sources.length === 0 && <pre class="source">{circuit.program}</pre>}
      {sources.map((source) => (
        <Source key={source.file} shared={shared} source={source} />
      ))}
      <h3>Its expressions</h3>
      <ol class="expressions">
        {expressions.map((expression, i) => (
          <Item key={i} shared={shared} expression={expression} number={i} />
        ))}
      </ol>
      <details class="inside">
        <summary>The same as a graph, inputs on top</summary>
        <Graph
          shared={shared}
          colour={(number) => colour(shared, number)}
          isHeld={(number) => held(shared, number)}
          lit={litExpressions(shared)}
          point={(number) =>
            shared.point(number === null ? null : expressionFocus(shared.model, number))
          }
          choose={(number) => choose(shared, number)}
        />
      </details>
      {circuit.fused.map(({ name, into }) => (
        <p class="muted" key={name}>
          {`${name} is stored nowhere: it is computed inside ${into.join(", ") || "other parts"}.`}
        </p>
      ))}
    </section>
  );
}

function Source({ shared, source }: { shared: Shared; source: SourceText }) {
  const { expressions } = shared.model.document;
  const lit = litExpressions(shared);
  return (
    <figure class="source">
      <figcaption>{source.file}</figcaption>
      <pre>
        {source.lines.map((line, i) => {
          const gap = i > 0 && line.number > (source.lines[i - 1]?.number ?? 0) + 1;
          return (
            <code key={line.number} class={gap ? "gap" : ""}>
              <span class="line-number" aria-hidden="true">
                {line.number}
              </span>
              {segments(expressions, source.file, line.number, line.text).map((part, j) => {
                const own = part.innermost;
                if (own === null) return <span key={j}>{part.text}</span>;
                return (
                  <span
                    key={j}
                    class={classes(
                      "part",
                      !held(shared, own) && "inside",
                      part.covering.some((e) => lit.has(e)) && "lit",
                    )}
                    style={tint(colour(shared, own))}
                    data-expression={own}
                    onClick={() => choose(shared, own)}
                    onMouseEnter={() => shared.point(expressionFocus(shared.model, own))}
                    onMouseLeave={() => shared.point(null)}
                  >
                    {part.text}
                  </span>
                );
              })}
              {"\n"}
            </code>
          );
        })}
      </pre>
    </figure>
  );
}

interface ItemProps {
  shared: Shared;
  expression: Expression;
  number: number;
}

function Item({ shared, expression, number }: ItemProps) {
  const { name, text } = expression;
  return (
    <li>
      <button
        type="button"
        class={classes(
          "expression",
          !held(shared, number) && "inside",
          litExpressions(shared).has(number) && "lit",
        )}
        style={tint(colour(shared, number))}
        data-expression={number}
        title={where(expression)}
        onClick={() => choose(shared, number)}
        {...pointing(shared, expressionFocus(shared.model, number))}
      >
        {name !== "" && <b>{name}</b>}
        {name !== text && <code>{name === "" ? text : ` = ${text}`}</code>}
      </button>
    </li>
  );
}

function where({ variables, inside }: Expression): string {
  if (variables.length > 0) return `held by ${variables.join(", ")}`;
  return inside.length > 0 ? `computed inside what writes ${inside.join(", ")}` : "";
}

/** The colour of the variable that an expression is named like, or is last held by. */
function colour(shared: Shared, number: number): string {
  const found = shared.model.document.expressions[number];
  if (!found) return "var(--muted)";
  const some = found.variables.length > 0 ? found.variables : found.inside;
  const name = some.includes(found.name) ? found.name : some.at(-1);
  return name === undefined ? "var(--faint)" : colourOf(shared, name);
}

/** Whether a variable holds an expression, rather than being computed from it. */
function held(shared: Shared, number: number): boolean {
  return (shared.model.document.expressions[number]?.variables.length ?? 0) > 0;
}

/** The expressions to light up: the one pointed at, or those that the variables hold. */
function litExpressions(shared: Shared): Set<number> {
  const { focus } = shared;
  return new Set(focus?.expression === null || !focus ? [] : [focus.expression]);
}

/** Keep an expression's variable lit, and go to where it is written. */
function choose(shared: Shared, number: number): void {
  const [name] = expressionFocus(shared.model, number).variables.slice(-1);
  if (name === undefined) return;
  if (shared.view.pinned !== name) {
    pin(shared, name);
    const step = writtenAt(shared.model.document).get(name);
    if (step !== undefined) go(shared, step);
  } else {
    pin(shared, name);
  }
}
