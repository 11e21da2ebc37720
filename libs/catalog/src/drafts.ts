// Drafts: the edits of a dataset that are not committed, one object per dataset, changed by compare and swap.
import { type LoggedEdit, loggedEditSchema } from "@ursa/contracts/edits";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { readJson, swapJson } from "./json-object.ts";
import type { Owner } from "./record-files.ts";

const draftFileSchema = z.object({ updatedAt: z.iso.datetime(), edits: z.array(loggedEditSchema) });
type DraftFile = z.infer<typeof draftFileSchema>;

/** With the records, since it is a person's work: a backup has it. */
const draftKey = ({ namespace, id }: Owner): string => keys.record(namespace, "drafts", id);

/** Oldest first; none where nobody has edited. */
export async function readDraft(store: ObjectStore, owner: Owner): Promise<LoggedEdit[]> {
  return (await readJson(store, draftKey(owner), draftFileSchema))?.value.edits ?? [];
}

/** `change` is run again when someone else was faster. Throws Problem conflict. */
export async function changeDraft(
  store: ObjectStore,
  owner: Owner,
  change: (edits: readonly LoggedEdit[]) => LoggedEdit[],
): Promise<LoggedEdit[]> {
  const key = draftKey(owner);
  const { edits } = await swapJson<DraftFile>(store, key, {
    what: `the draft of ${owner.id}`,
    read: () => readJson(store, key, draftFileSchema),
    change: (before) => ({ updatedAt: new Date().toISOString(), edits: change(before?.edits ?? []) }),
  });
  return edits;
}

/** Idempotent. */
export const removeDraft = (store: ObjectStore, owner: Owner): Promise<void> => store.delete(draftKey(owner));
