import { useMemo } from "preact/hooks";

import { editsOf } from "../core/edits";
import { forward, type Run } from "../core/forward";
import type { Model } from "../core/model";
import type { Setting } from "../core/state";

/** The run that is shown, and the one without settings if there are any. */
export function useRuns(
  model: Model,
  ids: number[],
  settings: Setting[],
): { run: Run; base: Run | null } {
  const base = useMemo(() => forward(model, ids), [model, ids]);
  const run = useMemo(() => {
    const edits = editsOf(model.document, settings, ids.length);
    return edits.length > 0 ? forward(model, ids, edits) : base;
  }, [model, ids, settings, base]);
  return { run, base: run === base ? null : base };
}
