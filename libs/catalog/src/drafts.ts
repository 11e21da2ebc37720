// Drafts: the edits of a dataset that are not committed, one object per dataset, changed by compare and swap.
import { type DraftLog, loggedEditSchema } from "@ursa/contracts/edits";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { readJson, swapJson } from "./json-object.ts";
import type { Owner } from "./record-files.ts";

const draftFileSchema = z.object({
  updatedAt: z.iso.datetime(),
  edits: z.array(loggedEditSchema),
  /** Earlier versions kept the last of each item alone. */
  decisions: z.array(loggedEditSchema).optional(),
});
type DraftFile = z.infer<typeof draftFileSchema>;

/** With the records, since it is a person's work: a backup has it. */
const draftKey = ({ namespace, id }: Owner): string => keys.record(namespace, "drafts", id);

/** Empty where nobody has edited. */
export const readDraft = async (store: ObjectStore, owner: Owner): Promise<DraftLog> =>
  logOf((await readJson(store, draftKey(owner), draftFileSchema))?.value);

/** `change` is run again when someone else was faster. Throws Problem conflict. */
export async function changeDraft(
  store: ObjectStore,
  owner: Owner,
  change: (draft: DraftLog) => DraftLog,
): Promise<DraftLog> {
  const key = draftKey(owner);
  const made = await swapJson<DraftFile>(store, key, {
    what: `the draft of ${owner.id}`,
    read: () => readJson(store, key, draftFileSchema),
    change: (before) => ({ updatedAt: new Date().toISOString(), ...change(logOf(before)) }),
  });
  return logOf(made);
}

function logOf(file: DraftFile | undefined): DraftLog {
  const { edits = [], decisions = edits } = file ?? {};
  return { edits, decisions };
}

/** Idempotent. */
export const removeDraft = (store: ObjectStore, owner: Owner): Promise<void> => store.delete(draftKey(owner));
