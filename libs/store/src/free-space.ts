// How much space a folder has left.
import { statfs } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export type Space = { folder: string; freeBytes: number; totalBytes: number };

export async function spaceAt(folder: string): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { folder, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** @param url as openStore takes it. @returns undefined for a store that is no folder: its owner watches its space */
export async function spaceOfStore(url: string): Promise<Space | undefined> {
  if (url.startsWith("folder:")) return spaceAt(url.slice("folder:".length));
  return url.startsWith("file:") ? spaceAt(fileURLToPath(url)) : undefined;
}
