// Setting a variable: which directions are replaced, and by what.

import type { ModelDocument, Value, VariablePlace } from "./document";
import type { Edit } from "./forward";
import { canHold, coordinates } from "./reading";
import type { Setting } from "./state";
import { text } from "./values";

/** The places of the expression with a name, where setting it means what it says. */
export function settablePlaces(document: ModelDocument, name: string): VariablePlace[] {
  const settable = new Set(document.variables.filter((v) => v.settable).map((v) => v.name));
  return document.circuit.variables.filter(
    (place) => place.expression === name && name !== "" && settable.has(place.name),
  );
}

/** The values from which to choose; none where any number between two will do. */
export function choices(document: ModelDocument, name: string): Value[] {
  const [first] = settablePlaces(document, name);
  return first ? first.encoding.values : [];
}

/** The value that a text means for a variable, if it can take it. */
export function valueOf(document: ModelDocument, name: string, given: string): Value | undefined {
  const places = settablePlaces(document, name);
  const listed = choices(document, name).find((value) => text(value) === given);
  const typed = given.trim() === "" ? Number.NaN : Number(given.replace("−", "-"));
  const value = listed ?? (given === "undefined" ? null : Number.isNaN(typed) ? undefined : typed);
  const fits = value !== undefined && places.length > 0 && places.every((p) => canHold(p, value));
  return fits ? value : undefined;
}

/** What the settings replace; those that do not fit are left out. */
export function editsOf(document: ModelDocument, settings: Setting[], positions: number): Edit[] {
  return settings.flatMap(({ name, position, value: given }) => {
    const value = valueOf(document, name, given);
    if (value === undefined || position >= positions) return [];
    return settablePlaces(document, name).map((place) => ({
      site: place.written,
      position: position + 1,
      start: place.start,
      row: coordinates(document, place, value),
    }));
  });
}
