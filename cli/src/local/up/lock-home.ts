// One Ursa per data folder. The lock is SQLite's on an empty database: the operating system drops it with the process,
// so a killed Ursa never leaves one behind, as a pid file would.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { upError } from "./up-error.ts";

export type HomeLock = {
  /** Leaves a note for whoever finds the folder locked. */
  announce(apiUrl: string): void;
  close(): void;
};

/** @throws with code `already_running` when another process holds the folder */
export function lockHome(home: string): HomeLock {
  const database = new DatabaseSync(join(home, "up.lock"));
  const notePath = join(home, "up.json");
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    const sentence = `Ursa already runs in ${home}${readNote(notePath)}; stop it or choose another folder with --home.`;
    throw upError("already_running", sentence, cause);
  }
  return {
    announce: (apiUrl) => writeFileSync(notePath, JSON.stringify({ pid: process.pid, apiUrl })),
    close: () => {
      rmSync(notePath, { force: true });
      if (database.isOpen) database.close();
    },
  };
}

// The other process may be between taking the lock and writing its note.
function readNote(path: string): string {
  try {
    const { pid, apiUrl } = JSON.parse(readFileSync(path, "utf8"));
    return ` (${apiUrl}, process ${pid})`;
  } catch {
    return "";
  }
}
