// What a commit would give, found out before anything is written: a version that cannot be trained on is refused while its draft is still there.
import type { Dataset } from "@ursa/contracts/dataset";
import type { LoggedEdit } from "@ursa/contracts/edits";
import { Problem } from "@ursa/contracts/problem";
import type { ObjectStore } from "@ursa/store/object-store";
import { composeRows, firstFault } from "./assemble.ts";
import { createDatasetCounts } from "./dataset-counts.ts";
import { findItems } from "./manifest.ts";
import { baseOf } from "./version-rows.ts";

type Parent = Pick<Dataset, "id" | "namespace" | "state" | "classes" | "options" | "counts"> & {
  manifest: { key: string };
};

/**
 * @returns the classes of the new version, in label order: those of the dataset and those that edits name, without the ones whose
 *   last usable picture they take away
 * @throws Problem too_few_classes, too_few_pictures, class_mostly_failed
 */
export async function foreseeCommit(options: {
  store: ObjectStore;
  parent: Parent;
  draft: readonly LoggedEdit[];
  signal: AbortSignal;
}): Promise<string[]> {
  const { store, parent, draft, signal } = options;
  const base = baseOf(parent, new Map(draft.map((edit) => [edit.key, edit])));
  const source = { store, owner: parent, shards: 0, base, signal };
  const brought = await classesOf(options);
  const counts = createDatasetCounts([...new Set([...parent.classes, ...brought])].sort());
  for await (const item of composeRows(source, { options: parent.options })) counts.add(item);
  const hadNone = new Set(parent.counts?.classes.flatMap(({ class: name, outcomes }) => (outcomes.ok ? [] : name)));
  // A class of which nothing could be fetched stays, and is told.
  const classes = counts.result().classes.filter((each) => each.outcomes.ok || hadNone.has(each.class));
  if (classes.length < 2) {
    const left = classes.map((each) => each.class).join(", ") || "none";
    throw new Problem(
      "too_few_classes",
      `With these edits the dataset has too few classes: expected two, got ${left}.`,
    );
  }
  const fault = firstFault(classes, source, parent);
  if (fault) throw new Problem(fault.code, fault.message);
  return classes.map((each) => each.class);
}

/** Of the edited items: one that is brought back may be of a class that had left the dataset. */
async function classesOf({
  store,
  parent,
  draft,
}: {
  store: ObjectStore;
  parent: Parent;
  draft: readonly LoggedEdit[];
}) {
  const items = await findItems(store, parent.manifest.key, new Set(draft.map(({ key }) => key)));
  return draft.flatMap((edit) => edit.class ?? items.get(edit.key)?.class ?? []);
}
