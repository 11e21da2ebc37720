// Scratch folders of training children, named by the trainer that made them, so that what a killed one left is found again.
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** An empty folder, removed at the end of its `await using`. */
export async function makeWorkFolder(workDir: string): Promise<AsyncDisposable & { path: string }> {
  await mkdir(workDir, { recursive: true });
  const path = await mkdtemp(join(workDir, `${process.pid}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Removes the folders of trainers that are gone. Our own id counts as gone: in a container every trainer has the same one. */
export async function sweepWorkDir(workDir: string): Promise<void> {
  const names = await readdir(workDir).catch(() => []);
  for (const name of names) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && (pid === process.pid || !isRunning(pid)))
      await rm(join(workDir, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be asked.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
