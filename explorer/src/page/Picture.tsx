import { useEffect, useRef } from "preact/hooks";

const SIZE = 320;

/** A matrix too large for a cell each: blue for positive, orange for negative. */
export function Picture({ label, rows }: { label: string; rows: number[][] }) {
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { current: canvas } = place;
    const context = canvas?.getContext("2d");
    if (!canvas || !context) return;
    const columns = rows[0]?.length ?? 0;
    const side = Math.max(1, Math.floor(SIZE / Math.max(rows.length, columns)));
    canvas.width = columns * side;
    canvas.height = rows.length * side;
    const largest = Math.max(...rows.map((row) => Math.max(...row.map(Math.abs))), 1e-30);
    rows.forEach((row, i) =>
      row.forEach((entry, j) => {
        if (entry === 0) return;
        context.globalAlpha = Math.abs(entry) / largest;
        context.fillStyle = entry < 0 ? "#d9742b" : "#3d7fca";
        context.fillRect(j * side, i * side, side, side);
      }),
    );
  }, [rows]);
  return <canvas ref={place} class="picture" role="img" aria-label={label} />;
}
