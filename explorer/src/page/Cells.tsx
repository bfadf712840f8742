import { number } from "../core/values";
import { classes } from "./shared";

/** How wide the names of rows are. */
export const LABELS = 54;
const ROW = 14;
const NUMBERS = 14;
/** How wide a character of a number is. */
const CHARACTER = 6;

export interface Row {
  id: number;
  label: string;
  /** What a cell is called when one points at it. */
  title: string;
  values: number[];
  /** What is drawn in full colour. */
  largest: number;
  /** Whether numbers stand in the cells. */
  numbers: boolean;
}

interface Props {
  label: string;
  rows: Row[];
  cell: number;
  positions: number;
  isNew: boolean;
  isWritten: boolean;
}

/** Numbers as colours: a row for each direction or lane, a column for each position, BOS first. */
export function Cells({ label, rows, cell, positions, isNew, isWritten }: Props) {
  const height = ROW * rows.length;
  return (
    <svg width={LABELS + cell * positions + 2} height={height + 2} role="img" aria-label={label}>
      <rect
        class={isNew ? "frame new" : "frame"}
        x={LABELS}
        y={1}
        width={cell * positions}
        height={height}
      />
      {rows.map((row, i) => (
        <g key={row.id}>
          <text x={LABELS - 5} y={i * ROW + 12} class="small" text-anchor="end">
            {row.label}
          </text>
          {isWritten && <Colours row={row} top={1 + i * ROW} cell={cell} />}
          {isWritten && row.numbers && positions <= NUMBERS && (
            <Numbers row={row} top={i * ROW + 12} cell={cell} />
          )}
        </g>
      ))}
    </svg>
  );
}

interface RowProps {
  row: Row;
  top: number;
  cell: number;
}

function Colours({ row, top, cell }: RowProps) {
  return (
    <>
      {row.values.map((x, i) => {
        if (Math.abs(x) < 1e-6 * row.largest) return null;
        return (
          <rect
            key={i}
            class={x < 0 ? "negative" : "positive"}
            x={LABELS + i * cell}
            y={top}
            width={cell}
            height={ROW}
            fill-opacity={Math.min(1, Math.abs(x) / row.largest)}
            data-direction={row.id}
            data-position={i}
            data-value={x}
          >
            <title>{`${row.title} at ${i === 0 ? "BOS" : `position ${i - 1}`}: ${number(x)}`}</title>
          </rect>
        );
      })}
    </>
  );
}

function Numbers({ row, top, cell }: RowProps) {
  return (
    <>
      {row.values.map((x, i) => (
        <text
          key={i}
          x={LABELS + (i + 0.5) * cell}
          y={top}
          class={classes("tiny", Math.abs(x) > 0.6 * row.largest && "inverse")}
          text-anchor="middle"
        >
          {fitted(x, cell)}
        </text>
      ))}
    </>
  );
}

/** The most digits of a number for which a cell has room, or nothing: pointing at it says all. */
function fitted(x: number, cell: number): string {
  const room = Math.floor(cell / CHARACTER);
  const all = [2, 1, 0].map((digits) => String(Number(x.toFixed(digits))));
  return all.map((text) => text.replace("-", "−")).find((text) => text.length <= room) ?? "";
}
