// Creating: the record is written first, then its job is enqueued; if the second step is lost, the reconciler makes up for it.
import type { RecordOf } from "@ursa/catalog/catalog";
import { once } from "@ursa/catalog/idempotency";
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal, type RecordState } from "@ursa/contracts/record";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Dependencies } from "./dependencies.ts";

type Owner = { namespace: string; id: string };
type Creation<K extends RecordKind> = {
  kind: K;
  caller: RequestInfo;
  body: { name?: string | undefined };
  /** Of the record, where it is not what the body says. */
  name?: string;
  /** Checks what was asked for and writes what the record stands on. */
  plan(owner: Owner): Promise<Omit<RecordOf<K>, keyof NewRecord>>;
  enqueue(record: RecordOf<K>): Promise<void>;
};

/** Once per Idempotency-Key. @throws Problem queue_unavailable before anything is written, idempotency_conflict, and what `plan` throws */
export async function createRecord<K extends RecordKind>(
  deps: Dependencies,
  creation: Creation<K>,
): Promise<RecordOf<K>> {
  await deps.checkRedis();
  const { kind, caller, body } = creation;
  const { namespace } = caller;
  const key = caller.headers["idempotency-key"];
  return once(deps.store, { namespace, operation: `create ${kind}`, kind, key, body }, async (id) => {
    const owner = { namespace, id };
    // A request that died halfway may have left the record; what it stands on may be in use and is not written anew.
    const left = key === undefined ? undefined : await findRecord(deps, kind, owner);
    const record = left ?? (await writeRecord(deps, creation, owner));
    if (isFinal(record.state)) return record;
    await creation
      .enqueue(record)
      .catch((error) => deps.log.warn({ err: error, id }, "not enqueued: left to the reconciler"));
    return record;
  });
}

async function writeRecord<K extends RecordKind>(deps: Dependencies, creation: Creation<K>, owner: Owner) {
  const { kind, body, name = body.name, plan } = creation;
  const own = await plan(owner);
  // `plan` gives every field of the kind that newRecord does not.
  return deps.catalog.create(kind, { ...newRecord(owner, name), ...own } as RecordOf<K>);
}

async function findRecord<K extends RecordKind>({ catalog }: Dependencies, kind: K, { namespace, id }: Owner) {
  return catalog.get(kind, namespace, id).catch((error) => {
    if (error instanceof Problem && error.code === "not_found") return undefined;
    throw error;
  });
}

type NewRecord = ReturnType<typeof newRecord>;

/** The fields every new record starts with. */
function newRecord(owner: Owner, name: string | undefined) {
  const now = new Date().toISOString();
  const state: RecordState = "queued";
  return {
    ...owner,
    ...(name === undefined ? {} : { name }),
    state,
    createdAt: now,
    updatedAt: now,
    enqueued: 1,
    fence: 0,
  };
}
