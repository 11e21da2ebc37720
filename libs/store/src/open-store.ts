// The object store named by a URL.
import { fileURLToPath } from "node:url";
import { openFolderStore } from "./folder-store.ts";
import type { ObjectStore } from "./object-store.ts";

/** `file:///absolute/path` or `folder:relative/to/the/working/directory`. */
export async function openStore(url: string): Promise<ObjectStore> {
  if (url.startsWith("file:///")) return openFolderStore({ root: fileURLToPath(url) });
  if (url.startsWith("folder:")) return openFolderStore({ root: url.slice("folder:".length) });
  throw new Error(`Expected a store URL file:///…, folder:… or s3://…, got ${url}`);
}
