/** A cell of a grid; BOS is key -1. */
export interface Cell {
  query: number;
  key: number;
}

const MOVES: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Where a key leads from a cell of `positions` queries, or from none; `undefined`: nowhere. */
export function moved(
  cell: Cell | null,
  key: string,
  positions: number,
  firstKey: number,
): Cell | null | undefined {
  if (key === "Escape") return null;
  const by = MOVES[key];
  if (!by) return undefined;
  if (!cell) return { query: 0, key: firstKey };
  const within = (to: number, from: number) => Math.min(Math.max(to, from), positions - 1);
  return { query: within(cell.query + by[0], 0), key: within(cell.key + by[1], firstKey) };
}

/** What makes a grid that scrolls one in which the arrow keys choose a cell, as pointing does. */
export function gridKeys(
  cell: Cell | null,
  setCell: (cell: Cell | null) => void,
  positions: number,
  firstKey: number,
) {
  return {
    onKeyDown: (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const to = moved(cell, event.key, positions, firstKey);
      if (to === undefined) return;
      event.preventDefault(); // elsewhere the same keys step through the network
      setCell(to);
      const grid = event.currentTarget;
      requestAnimationFrame(() => {
        if (!(grid instanceof Element)) return;
        grid.querySelector(".at")?.scrollIntoView({ block: "nearest", inline: "nearest" });
      });
    },
    onBlur: () => setCell(null),
  };
}
