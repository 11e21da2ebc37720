// What a person has decided of suspects: the dataset's draft as this page knows it, and the way back, step by step.
import { type Draft, type Edit, editSchema } from "@ursa/contracts/edits";
import type { Suspect } from "@ursa/contracts/suspect";

/** An item, as far as what can be said of it depends on it; a suspect has reasons too. */
export type Judged = Pick<Suspect, "key" | "class" | "outcome"> & Partial<Pick<Suspect, "reasons">>;

/** What was said of the items of one step before it. */
type Step = readonly { key: string; before: Edit | undefined }[];
export type Review = {
  /** By the item's key; what was said last is last. */
  decisions: ReadonlyMap<string, Edit>;
  steps: readonly Step[];
};

/** Where somebody left off. What they did then is no step of this review. */
export function reviewOf(draft: Draft): Review {
  const edits = draft.edits.map(({ by: _, at: __, ...edit }) => editSchema.parse(edit));
  return { decisions: new Map(edits.map((edit) => [edit.key, edit])), steps: [] };
}

/** One step with the edits, as the API takes them. */
export function decide({ decisions, steps }: Review, edits: readonly Edit[]): Review {
  const after = new Map(decisions);
  const step: { key: string; before: Edit | undefined }[] = [];
  const say = (edit: Edit) => {
    step.push({ key: edit.key, before: after.get(edit.key) });
    after.delete(edit.key);
    after.set(edit.key, edit);
  };
  for (const edit of edits) {
    say(edit);
    // As the API does: whoever says which of two is to go says that the other is to stay.
    if (edit.action === "same" && after.get(edit.of)?.action !== "relabel") say({ action: "keep", key: edit.of });
  }
  return { decisions: after, steps: [...steps, step] };
}

/** The last step taken back; nothing where there is none. @returns `edits` that say so to the API */
export function undo(
  { decisions, steps }: Review,
  isUsed: (key: string) => boolean,
): { review: Review; edits: Edit[] } {
  const after = new Map(decisions);
  const edits = [...(steps.at(-1) ?? [])].reverse().map(({ key, before }) => {
    if (before) after.set(key, before);
    else after.delete(key);
    return before ?? takenBack(key, isUsed(key));
  });
  return { review: { decisions: after, steps: steps.slice(0, -1) }, edits };
}

/** Nothing said of an item any more, as one step. @returns `edit` that says so to the API */
export function takeBack(
  { decisions, steps }: Review,
  { key, outcome }: Pick<Judged, "key" | "outcome">,
): { review: Review; edit: Edit } {
  const after = new Map(decisions);
  after.delete(key);
  return {
    review: { decisions: after, steps: [...steps, [{ key, before: decisions.get(key) }]] },
    edit: takenBack(key, outcome === "ok"),
  };
}

/** What leaves an item as it is in this version. */
const takenBack = (key: string, isUsed: boolean): Edit => ({ action: isUsed ? "restore" : "delete", key });

/** Right as it is. One that is not in use, since its label is in doubt, comes into use so. */
export const kept = ({ key, outcome }: Judged): Edit => ({ action: outcome === "ok" ? "keep" : "restore", key });

/** As it is in this version: in use, or not. */
export const asItIs = ({ key }: Pick<Judged, "key">): Edit => ({ action: "keep", key });

/** Not to be used. Of one that is not in use that is a decision too, so that it is not asked again. */
export const leftOut = (suspect: Judged): Edit =>
  suspect.outcome === "ok" ? { action: "delete", key: suspect.key } : asItIs(suspect);

/** Its own class leaves it as it is. */
export const labelled = (suspect: Judged, name: string): Edit =>
  name === suspect.class ? kept(suspect) : { action: "relabel", key: suspect.key, class: name };

/** The item that a suspect in use is nearly the same picture as. */
export const twinOf = ({ outcome, reasons = [] }: Judged): string | undefined =>
  outcome === "ok" ? reasons.find(({ of }) => of !== undefined)?.of : undefined;

/** What a key on the keyboard says of a suspect: K, D, S, or the place of a class from 1 to 9. */
export function editOfKey(pressed: string, suspect: Suspect, classes: readonly string[]): Edit | undefined {
  const { key } = suspect;
  const letter = pressed.toLowerCase();
  if (letter === "k") return kept(suspect);
  if (letter === "d") return leftOut(suspect);
  const of = twinOf(suspect);
  if (letter === "s" && of !== undefined) return { action: "same", key, of };
  const name = /^[1-9]$/.test(pressed) ? classes[Number(pressed) - 1] : undefined;
  return name === undefined ? undefined : labelled(suspect, name);
}

/** For people: what will become of the item. */
export function wordsOfEdit(edit: Edit): string {
  if (edit.action === "relabel") return `is ${edit.class}`;
  if (edit.action === "same") return `goes, item ${edit.of} stays`;
  return { keep: "stays as it is", delete: "goes", restore: "comes into use" }[edit.action];
}
