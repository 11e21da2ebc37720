// The draft of a dataset: which edits can be made, and what remains of them when items are edited again.
import type { Item } from "@ursa/contracts/dataset";
import type { DraftLog, Edit, EditAction, EditCounts, LoggedEdit } from "@ursa/contracts/edits";
import { loggedEditSchema } from "@ursa/contracts/edits";
import type { Outcome } from "@ursa/contracts/outcomes";

/** Who edits, and when. */
export type Stamp = Pick<LoggedEdit, "by" | "at">;
export type RefusedEdit = { key: string; action: EditAction; reason: string };
type Items = ReadonlyMap<string, Item>;

/** Outcomes whose items an action can be made on; of those not in use it brings back, or leaves as they are. */
const TAKES: Record<EditAction, readonly Outcome[]> = {
  keep: ["ok", "label_conflict"],
  same: ["ok"],
  delete: ["ok", "removed", "label_conflict"],
  relabel: ["ok", "removed", "label_conflict"],
  restore: ["ok", "removed", "label_conflict"],
};

/** @param items those that the edits name, by key */
export function refusedEdits(edits: readonly Edit[], items: Items): RefusedEdit[] {
  return edits.flatMap((edit) => {
    const reason = refusalOf(edit, items);
    return reason ? [{ key: edit.key, action: edit.action, reason }] : [];
  });
}

function refusalOf(edit: Edit, items: Items): string | undefined {
  if (edit.action === "same" && edit.of === edit.key) return `item ${edit.key} cannot be the same picture as itself`;
  for (const key of edit.action === "same" ? [edit.key, edit.of] : [edit.key]) {
    const item = items.get(key);
    if (!item) return `there is no item ${key}`;
    if (TAKES[edit.action].includes(item.outcome)) continue;
    return `item ${key} is ${item.outcome}: ${edit.action} is for ${TAKES[edit.action].join(", ")}`;
  }
  return undefined;
}

/**
 * The draft with more edits, which can be made on their items. The last one of an item is the one that counts, and one that it has
 * already stays as it is; every decision stays with who took it and when.
 */
export function addToDraft(
  draft: DraftLog,
  edits: readonly Edit[],
  { items, stamp }: { items: Items; stamp: Stamp },
): DraftLog {
  const byKey = new Map(draft.edits.map((edit) => [edit.key, edit]));
  const decisions = [...draft.decisions];
  for (const edit of edits) {
    const changed = note(byKey, edit.key, withStamp(meant(edit, items.get(edit.key)), stamp));
    if (changed) decisions.push({ ...edit, ...stamp });
    // Whoever says which of two is to go says that the other is to stay.
    if (edit.action === "same" && byKey.get(edit.of)?.action !== "relabel")
      note(byKey, edit.of, withStamp({ action: "keep", key: edit.of }, stamp));
  }
  return { edits: [...byKey.values()], decisions };
}

/** What remains when a draft was committed: what was said since. */
export function withoutCommitted(draft: DraftLog, committed: DraftLog): DraftLog {
  const isCommitted = (list: readonly LoggedEdit[]) => {
    const known = new Set(list.map((edit) => JSON.stringify(loggedEditSchema.parse(edit))));
    return (edit: LoggedEdit) => known.has(JSON.stringify(loggedEditSchema.parse(edit)));
  };
  const [isMade, isSaid] = [isCommitted(committed.edits), isCommitted(committed.decisions)];
  return {
    edits: draft.edits.filter((edit) => !isMade(edit)),
    decisions: draft.decisions.filter((edit) => !isSaid(edit)),
  };
}

export function countEdits(draft: readonly LoggedEdit[]): EditCounts {
  const counts: EditCounts = {};
  for (const { action } of draft) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

/** What an edit comes to on this item: undefined for what is so already. It depends on nothing else, so that an edit sent twice is one. */
function meant(edit: Edit, item: Item | undefined): Edit | undefined {
  const isUsed = item?.outcome === "ok";
  const { key } = edit;
  if (edit.action === "relabel" && edit.class === item?.class) return { action: isUsed ? "keep" : "restore", key };
  if (edit.action === "restore" && isUsed) return undefined;
  if (edit.action === "delete" && !isUsed) return undefined;
  return edit;
}

const withStamp = (edit: Edit | undefined, { by, at }: Stamp): LoggedEdit | undefined =>
  edit && { ...edit, ...(by === undefined ? {} : { by }), at };

/** @returns whether that changed anything */
function note(byKey: Map<string, LoggedEdit>, key: string, edit: LoggedEdit | undefined): boolean {
  const before = byKey.get(key);
  if (before ? edit && isSame(before, edit) : !edit) return false;
  // Taken out first, so that they are in the order of what was said last.
  byKey.delete(key);
  if (edit) byKey.set(key, edit);
  return true;
}

const isSame = (a: LoggedEdit, b: LoggedEdit): boolean => a.action === b.action && a.class === b.class && a.of === b.of;
