// Creating: the record is written first, then its job is enqueued; if the second step is lost, the reconciler makes up for it.
import type { RecordOf } from "@ursa/catalog/catalog";
import { once } from "@ursa/catalog/idempotency";
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal, type RecordState } from "@ursa/contracts/record";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Dependencies } from "./dependencies.ts";
import type { Admission } from "./quotas.ts";

type Owner = { namespace: string; id: string };
type Creation<K extends RecordKind> = {
  kind: K;
  caller: RequestInfo;
  body: { name?: string | undefined };
  /** Of the record, where it is not what the body says. */
  name?: string;
  /** Checks what was asked for and writes what the record stands on, once `admission` has let in what it comes to. */
  plan(owner: Owner, admission: Admission): Promise<Omit<RecordOf<K>, keyof NewRecord>>;
  enqueue(record: RecordOf<K>): Promise<void>;
};

/**
 * Once per Idempotency-Key. @throws Problem queue_unavailable and quota_exceeded before anything of it is written, idempotency_conflict, and
 * what `plan` throws
 */
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
  const { kind, caller, body, name = body.name } = creation;
  const admission = deps.quotas.admission(caller, kind, owner);
  const own = await planWithin(admission, creation, owner);
  // `plan` gives every field of the kind that newRecord does not.
  const record = await deps.catalog.create(kind, { ...newRecord(owner, name), ...own } as RecordOf<K>);
  await admission.confirm();
  return record;
}

/** Whatever it took of the quotas is given back where it is refused. A record that may have been written keeps it. */
async function planWithin<K extends RecordKind>(admission: Admission, { plan }: Creation<K>, owner: Owner) {
  try {
    await admission.enter();
    return await plan(owner, admission);
  } catch (error) {
    await admission.undo();
    throw error;
  }
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
