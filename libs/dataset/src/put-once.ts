// Objects whose key names their content: whoever is first writes them, and everyone else finds the same.
import { type ObjectStore, PreconditionFailed } from "@ursa/store/object-store";

type NamedObject = { key: string; bytes: Uint8Array; sha256: string; contentType: string };

export async function putOnce(store: ObjectStore, { key, bytes, sha256, contentType }: NamedObject): Promise<void> {
  // Asked first, because most stores take the whole body before they refuse it.
  if (await store.head(key)) return;
  try {
    await store.put(key, bytes, { ifNoneMatch: "*", sha256, contentType });
  } catch (error) {
    // Somebody wrote it since.
    if (!(error instanceof PreconditionFailed)) throw error;
  }
}
