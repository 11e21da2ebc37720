// Where one is in a list of suspects, and where a decision leads.
import type { Edit } from "@ursa/contracts/edits";
import type { Suspect } from "@ursa/contracts/suspect";
import { SCREEN } from "./estimate-left.ts";
import { asItIs } from "./review.ts";
import type { SavedReview } from "./use-review.ts";

export type SuspectList = { suspects: readonly Suspect[]; total: number; isComplete: boolean; more(): void };

/** The first after `from` of which nothing was said, else the first of all, else where one is. */
export function openAfter(
  { suspects }: SuspectList,
  { decisions }: Pick<SavedReview, "decisions">,
  from: number,
): number {
  const isOpen = ({ key }: Suspect) => !decisions.has(key);
  const next = suspects.findIndex((suspect, index) => index > from && isOpen(suspect));
  if (next !== -1) return next;
  const first = suspects.findIndex(isOpen);
  return first === -1 ? Math.max(from, 0) : first;
}

export type Moves = { decide(edit: Edit): void; undo(): void; step(by: number): void; keepRest(): void };
type Place = { list: SuspectList; review: SavedReview; at: number; isFive: boolean; setPlace(place: number): void };

export function movesOf({ list, review, at, isFive, setPlace }: Place): Moves {
  const { suspects } = list;
  const from = Math.floor(at / SCREEN) * SCREEN;
  const screen = suspects.slice(from, from + SCREEN);
  const isUsed = (key: string) => suspects.find((suspect) => suspect.key === key)?.outcome !== "label_conflict";
  return {
    decide(edit) {
      review.decide([edit]);
      const index = suspects.findIndex(({ key }) => key === edit.key);
      const next = openAfter(list, { decisions: new Map(review.decisions).set(edit.key, edit) }, index);
      // A screen of five is left by going on, when all of it was seen.
      setPlace(isFive && next >= from + SCREEN ? Math.min(index + 1, from + screen.length - 1) : next);
    },
    undo() {
      const keys = review.undo(isUsed);
      const places = keys.map((one) => suspects.findIndex(({ key }) => key === one)).filter((index) => index !== -1);
      if (places.length > 0) setPlace(Math.min(...places));
    },
    step: (by) => setPlace(Math.max(0, Math.min(suspects.length - 1, at + by))),
    keepRest() {
      const rest = screen.filter(({ key }) => !review.decisions.has(key)).map(asItIs);
      if (rest.length > 0) review.decide(rest);
      setPlace(Math.min(from + SCREEN, suspects.length - 1));
    },
  };
}
