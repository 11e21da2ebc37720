// The draft of a dataset: edits gather here until they are committed or discarded.
import { changeDraft, readDraft, removeDraft } from "@ursa/catalog/drafts";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Draft, Edit, EditDataset, LoggedEdit } from "@ursa/contracts/edits";
import { Problem } from "@ursa/contracts/problem";
import { addToDraft, countEdits, refusedEdits } from "@ursa/dataset/draft";
import { findItems } from "@ursa/dataset/manifest";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";

export function editHandlers(deps: Dependencies): Handlers {
  const { catalog, store } = deps;
  return {
    editDataset: async ({ params, body, request }) =>
      editDataset(deps, await madeDataset(deps, request.namespace, params.id), { body, request }),
    async getDraft({ params, request }) {
      const dataset = await catalog.get("dataset", request.namespace, params.id);
      const { edits, decisions } = await readDraft(store, dataset);
      return { ...draftOf(dataset, edits), decisions };
    },
    async discardDraft({ params, request }) {
      await removeDraft(store, await catalog.get("dataset", request.namespace, params.id));
      return undefined;
    },
  };
}

/** A dataset with items, whether it ended well or not. @throws Problem dataset_not_ready, not_found */
export async function madeDataset({ catalog }: Dependencies, namespace: string, id: string) {
  const dataset = await catalog.get("dataset", namespace, id);
  const { manifest } = dataset;
  if (!manifest) throw new Problem("dataset_not_ready", `${id} is ${dataset.state} and has no items.`);
  return { ...dataset, manifest };
}

type Request = { body: EditDataset; request: RequestInfo };

async function editDataset(
  { store }: Dependencies,
  dataset: Dataset & { manifest: { key: string } },
  { body: { edits, allowNewClasses }, request }: Request,
): Promise<Draft> {
  const named = edits.flatMap((edit) => (edit.action === "same" ? [edit.key, edit.of] : [edit.key]));
  const items = await findItems(store, dataset.manifest.key, new Set(named));
  const refused = refusedEdits(edits, items);
  if (refused.length > 0) throw refusal("edits_refused", refused);
  if (!allowNewClasses)
    refuseNewClasses(edits, new Set([...dataset.classes, ...classesOf((await readDraft(store, dataset)).edits)]));
  const { keyId } = request.caller;
  const stamp = { ...(keyId === undefined ? {} : { by: keyId }), at: new Date().toISOString() };
  const draft = await changeDraft(store, dataset, (before) => addToDraft(before, edits, { items, stamp }));
  return draftOf(dataset, draft.edits);
}

const draftOf = ({ id }: Dataset, edits: LoggedEdit[]): Draft => ({ dataset: id, counts: countEdits(edits), edits });

const classesOf = (edits: readonly LoggedEdit[]): string[] => edits.flatMap((edit) => edit.class ?? []);

function refuseNewClasses(edits: readonly Edit[], classes: ReadonlySet<string>): void {
  const refused = edits.flatMap((edit) => {
    if (edit.action !== "relabel" || classes.has(edit.class)) return [];
    const { key, action } = edit;
    return [{ key, action, reason: `item ${key}: there is no class ${JSON.stringify(edit.class)}` }];
  });
  if (refused.length > 0)
    throw refusal("unknown_class", refused, `${NEW_CLASS} The classes are ${[...classes].join(", ")}.`);
}

const NEW_CLASS = "A class is added when allowNewClasses is true.";
const NAMED = 3;

/** Nothing was changed; `refused` has them all. */
function refusal(code: "edits_refused" | "unknown_class", refused: { reason: string }[], remedy = ""): Problem {
  const named = refused.slice(0, NAMED).map(({ reason }) => reason);
  const more = refused.length > NAMED ? `; and ${refused.length - NAMED} more` : "";
  const detail = `None of the edits was made: ${named.join("; ")}${more}. ${remedy}`.trimEnd();
  return new Problem(code, detail, { extra: { refused } });
}
