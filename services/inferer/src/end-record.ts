// Writes into a record why its job, which was given up, will have no result.
import type { Catalog } from "@ursa/catalog/catalog";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import type { Events } from "@ursa/queue/progress";
import type { Held } from "@ursa/queue/run-job";

type Owner = { namespace: string; id: string };

export function createEnding(
  { catalog, events }: { catalog: Catalog; events: Events },
  kind: "prediction" | "evaluation",
) {
  return async ({ namespace, id }: Owner, error: RecordError, held: Held): Promise<void> => {
    const owner = { namespace, id };
    if (isFinal((await catalog.get(kind, namespace, id)).state)) return;
    await catalog.update(kind, owner, (current) => ({ ...current, state: "failed", error }), held);
    await events.publish(owner, { type: "state", state: "failed", error });
  };
}
