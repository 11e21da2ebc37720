// A store in a folder of a test's own.
import { openFolderStore } from "@ursa/store/folder-store";
import type { ObjectStore } from "@ursa/store/object-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";

export type ScratchStore = AsyncDisposable & { store: ObjectStore; root: string };

export async function openScratchStore(): Promise<ScratchStore> {
  const folder = await createScratchFolder();
  const store = await openFolderStore({ root: folder.path });
  const dispose = async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  };
  return { store, root: folder.path, [Symbol.asyncDispose]: dispose };
}
