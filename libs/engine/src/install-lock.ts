// One install at a time: two would write the same files. The lock is SQLite's on an empty database, which the operating system
// frees with the process, however it ends.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

const POLL_MS = 250;
/** SQLite's code for "another connection holds the lock", in the low byte of the extended code. */
const SQLITE_BUSY = 5;

/** Waits until nobody else installs. `onWait` is called once, and only if there is somebody. @throws the signal's reason */
export async function lockInstall(
  folder: string,
  { onWait, signal }: { onWait: () => void; signal: AbortSignal },
): Promise<Disposable> {
  await mkdir(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, "install.lock"));
  const lock = { [Symbol.dispose]: () => database.close() };
  if (tryLock(database)) return lock;
  onWait();
  try {
    while (!tryLock(database)) await wait(POLL_MS, undefined, { signal });
  } catch (error) {
    database.close();
    throw error;
  }
  return lock;
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    const isHeld = error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
    if (!isHeld) throw error;
    return false;
  }
}
