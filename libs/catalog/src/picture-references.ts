// Which pictures of a namespace are needed: those that a part, a manifest or a result names.
// Whatever looks like a sha256 counts, so that a later version's files keep their pictures too.
import { keys } from "@ursa/store/keys";
import { type ListedObject, ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";

/** sha256s in lower-case hex; about 150 bytes of memory each. */
export type References = {
  has(sha256: string): boolean /** Reads what was written since. */;
  catchUp(): Promise<void>;
};

const SHA256 = /[0-9a-f]{64}/g;
const NAMING = /\.jsonl?$/;
/** Of URLs only. */
const PLAN = /\/plan\//;
const KINDS = ["dataset", "prediction", "evaluation"] as const;

export async function readReferences(
  store: ObjectStore,
  { namespace, signal }: { namespace: string; signal: AbortSignal },
): Promise<References> {
  const named = new Set<string>();
  // By size too: a file that is written anew is read anew.
  const read = new Map<string, number>();
  const catchUp = async () => {
    for await (const { key, size } of namingFiles(store, namespace)) {
      signal.throwIfAborted();
      if (read.get(key) === size) continue;
      for (const sha256 of (await readText(store, key)).match(SHA256) ?? []) named.add(sha256);
      read.set(key, size);
    }
  };
  await catchUp();
  return { has: (sha256) => named.has(sha256), catchUp };
}

async function* namingFiles(store: ObjectStore, namespace: string): AsyncGenerator<ListedObject> {
  for await (const file of filesOf(store, namespace)) if (NAMING.test(file.key) && !PLAN.test(file.key)) yield file;
}

async function* filesOf(store: ObjectStore, namespace: string): AsyncGenerator<ListedObject> {
  for (const kind of KINDS) yield* store.list(keys.ofKind(namespace, kind));
}

/** Empty for what was deleted since it was listed. */
async function readText(store: ObjectStore, key: string): Promise<string> {
  try {
    return (await store.get(key)).body.toString("latin1");
  } catch (error) {
    if (error instanceof ObjectNotFound) return "";
    throw error;
  }
}
