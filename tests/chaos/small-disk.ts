// A disk of a few kilobytes, for as long as it is needed: memory, which takes root to mount.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "@ursa/testing/run-command";

export type SmallDisk = AsyncDisposable & {
  path: string;
  /** From now on it has so much room. */
  resize(kiloBytes: number): Promise<void>;
  /** What lies there, in all folders. */
  files(): Promise<string[]>;
};

/** @returns undefined where this user may not mount anything */
export async function mountSmallDisk(path: string, kiloBytes: number): Promise<SmallDisk | undefined> {
  await mkdir(path, { recursive: true });
  const options = ["-t", "tmpfs", "-o", `size=${kiloBytes}k`, "tmpfs", path];
  const isMounted = await runCommand("mount", options).then(
    () => true,
    () => false,
  );
  if (!isMounted) return undefined;
  return {
    path,
    resize: async (size) => void (await runCommand("mount", ["-o", `remount,size=${size}k`, path])),
    async files() {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    },
    // Lazily: a service may still have it open.
    [Symbol.asyncDispose]: async () => void (await runCommand("umount", ["-l", path])),
  };
}
