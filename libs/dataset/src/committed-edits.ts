// The edits that made a version, as one object that never changes: named by its content, in the order of the items.
import { createHash } from "node:crypto";
import type { Dataset } from "@ursa/contracts/dataset";
import { type LoggedEdit, loggedEditSchema } from "@ursa/contracts/edits";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { countEdits } from "./draft.ts";
import { readJsonLines, toJsonLines } from "./json-lines.ts";
import type { Owner } from "./owner.ts";
import { putOnce } from "./put-once.ts";

/** @returns what the version's record says of them */
export async function writeEdits(
  store: ObjectStore,
  owner: Owner,
  draft: readonly LoggedEdit[],
): Promise<NonNullable<Dataset["edits"]>> {
  const bytes = Buffer.from(toJsonLines(draft.toSorted((a, b) => Number(a.key) - Number(b.key))));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await putOnce(store, { key: keys.dataset.edits(owner, sha256), bytes, sha256, contentType: "application/x-ndjson" });
  return { sha256, counts: countEdits(draft) };
}

/** By key of the item; none for a version that was made without. @throws ObjectNotFound */
export async function readEdits(store: ObjectStore, record: Dataset): Promise<Map<string, LoggedEdit>> {
  if (!record.edits) return new Map();
  const edits = await readJsonLines(store, keys.dataset.edits(record, record.edits.sha256), loggedEditSchema);
  return new Map(edits.map((edit) => [edit.key, edit]));
}
