import { useEffect, useRef } from "preact/hooks";

/** Milliseconds between two changes: some browsers refuse more than 100 in 30 seconds. */
const APART = 350;

/** Keep what is shown in the address of the page. */
export function useAddress(fragment: string): void {
  const written = useRef(-Infinity);
  useEffect(() => {
    const write = () => {
      written.current = performance.now();
      history.replaceState(null, "", `#${fragment}`);
    };
    const wait = written.current + APART - performance.now();
    if (wait <= 0) write();
    const timer = wait > 0 ? setTimeout(write, wait) : undefined;
    return () => clearTimeout(timer);
  }, [fragment]);
}
