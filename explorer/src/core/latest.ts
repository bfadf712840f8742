// Of many requests only the last matters.

/**
 * Ask at once, but not twice within `quiet` milliseconds, and hand on only the last reply.
 *
 * A single edit is asked for without delay; of many that follow each other, the first, and what
 * they have come to at the next pause. While one is under way the next waits for it, unless it
 * takes longer than `patience`: then it is asked at once, and whoever computes may give the other up.
 */
export function latest<Q, R>(
  ask: (request: Q) => Promise<R>,
  tell: (request: Q, reply: R) => void,
  { quiet = 60, patience = 1000 } = {},
): (request: Q) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let next: { request: Q } | null = null;
  let underWay: { since: number } | null = null;
  let number = 0;
  let last = -Infinity;

  const begin = () => {
    if (next === null) return;
    const waited = underWay ? Date.now() - underWay.since : Infinity;
    if (waited < patience) {
      timer = setTimeout(begin, patience - waited);
      return;
    }
    const { request } = next;
    const own = { since: Date.now() };
    const mine = ++number;
    next = null;
    underWay = own;
    void ask(request).then((reply) => {
      if (mine === number && next === null) tell(request, reply);
      if (underWay !== own) return;
      underWay = null;
      if (next !== null) {
        clearTimeout(timer);
        begin();
      }
    });
  };
  return (request) => {
    next = { request };
    clearTimeout(timer);
    const since = Date.now() - last;
    last = Date.now();
    if (since >= quiet && underWay === null) begin();
    else timer = setTimeout(begin, quiet);
  };
}
