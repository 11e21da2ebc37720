// The edits that made a version, as one object that never changes: named by its content, in the order of the items.
import { createHash } from "node:crypto";
import type { Dataset } from "@ursa/contracts/dataset";
import { type DraftLog, type LoggedEdit, loggedEditSchema } from "@ursa/contracts/edits";
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
  { edits, decisions }: DraftLog,
): Promise<NonNullable<Dataset["edits"]>> {
  const put = async (keyOf: (owner: Owner, sha256: string) => string, lines: readonly LoggedEdit[]) => {
    const bytes = Buffer.from(toJsonLines(lines));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await putOnce(store, { key: keyOf(owner, sha256), bytes, sha256, contentType: "application/x-ndjson" });
    return sha256;
  };
  const said = await put(keys.dataset.decisions, decisions);
  const sha256 = await put(
    keys.dataset.edits,
    edits.toSorted((a, b) => Number(a.key) - Number(b.key)),
  );
  return { sha256, counts: countEdits(edits), decisions: said };
}

/** By key of the item; none for a version that was made without. @throws ObjectNotFound */
export async function readEdits(store: ObjectStore, record: Dataset): Promise<Map<string, LoggedEdit>> {
  if (!record.edits) return new Map();
  const edits = await readJsonLines(store, keys.dataset.edits(record, record.edits.sha256), loggedEditSchema);
  return new Map(edits.map((edit) => [edit.key, edit]));
}

/** All that was said on the way to a version, oldest first; of earlier versions the edits. @throws ObjectNotFound */
export async function readDecisions(store: ObjectStore, record: Dataset): Promise<LoggedEdit[]> {
  const { decisions } = record.edits ?? {};
  if (!decisions) return [...(await readEdits(store, record)).values()];
  return readJsonLines(store, keys.dataset.decisions(record, decisions), loggedEditSchema);
}
