// What an edit makes of an item's row. Its side of the split stays with it, in use or not.
import type { Item } from "@ursa/contracts/dataset";
import type { LoggedEdit } from "@ursa/contracts/edits";

/** A row on its way into a version. `fetched` and `restored` ones come to it: whether they are used is judged against those that stand. */
export type SettledRow = { item: Item; comes?: "fetched" | "restored" };

/** A row of the version before, which its own edit, where there is one, may change. Edits that were noted can be made. */
export function applyEdit(item: Item, edit: LoggedEdit | undefined): SettledRow {
  if (!edit) return { item };
  switch (edit.action) {
    case "delete":
      return { item: removed(item, "removed by a person") };
    case "same":
      return { item: { ...removed(item, `the same picture as item ${edit.of}, says a person`), of: edit.of } };
    case "keep":
      return { item: { ...item, reviewedAt: edit.at } };
    default: {
      const reviewed = { ...item, class: edit.class ?? item.class, reviewedAt: edit.at };
      return item.outcome === "ok" ? { item: reviewed } : { item: backInUse(reviewed), comes: "restored" };
    }
  }
}

function removed({ split, rank, ...rest }: Item, reason: string): Item {
  const side = split && { reserved: { split, ...(rank === undefined ? {} : { rank }) } };
  return { ...rest, outcome: "removed", reason, ...side };
}

function backInUse({ reason: _reason, of: _of, ...rest }: Item): Item {
  return { ...rest, outcome: "ok" };
}
