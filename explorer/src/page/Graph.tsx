import { caption, layered } from "../core/graph";
import { classes, tint, type Shared } from "./shared";

const BOX = { width: 82, height: 20, across: 88, down: 42 };

interface Props {
  shared: Shared;
  colour: (number: number) => string;
  isHeld: (number: number) => boolean;
  lit: Set<number>;
  point: (number: number | null) => void;
  choose: (number: number) => void;
}

/** The expression graph: what is made of what, inputs on top. */
export function Graph({ shared, colour, isHeld, lit, point, choose }: Props) {
  const { expressions } = shared.model.document;
  const placed = layered(expressions);
  const corner = (number: number) => ({
    x: (placed[number]?.column ?? 0) * BOX.across + 1,
    y: (placed[number]?.row ?? 0) * BOX.down + 1,
  });
  const width = (1 + Math.max(0, ...placed.map(({ column }) => column))) * BOX.across;
  const height = Math.max(0, ...placed.map(({ row }) => row)) * BOX.down + BOX.height + 2;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="expression graph">
      <svg class="graph" width={width} height={height} aria-hidden="true">
        {expressions.flatMap(({ operands }, number) =>
          operands.map((operand) => {
            const from = corner(operand);
            const to = corner(number);
            const [x1, y1] = [from.x + BOX.width / 2, from.y + BOX.height];
            const [x2, y2] = [to.x + BOX.width / 2, to.y];
            const middle = (y1 + y2) / 2;
            return (
              <path
                key={`${operand} ${number}`}
                d={`M${x1},${y1} C${x1},${middle} ${x2},${middle} ${x2},${y2}`}
                class={lit.has(number) || lit.has(operand) ? "lit" : ""}
                style={tint(colour(operand))}
              />
            );
          }),
        )}
        {expressions.map((expression, number) => {
          const { x, y } = corner(number);
          return (
            <g
              key={number}
              class={classes("node", lit.has(number) && "lit", !isHeld(number) && "inside")}
              style={tint(colour(number))}
              onMouseEnter={() => point(number)}
              onMouseLeave={() => point(null)}
              onClick={() => choose(number)}
            >
              <title>{expression.text}</title>
              <rect x={x} y={y} width={BOX.width} height={BOX.height} rx={4} />
              <text x={x + BOX.width / 2} y={y + 14} text-anchor="middle">
                {caption(expression)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
