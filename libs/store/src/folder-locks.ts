// Locks between processes that share a folder. The kernel frees them when their holder dies, however it dies: they are the
// file locks of SQLite (part of Node), whose databases stay empty. A lock file with a pid in it cannot promise that.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { StoreUnavailable } from "./object-store.ts";

export type FolderLocks = {
  /** Runs `work` while no other process, and nobody else in this one, holds a lock of this key. */
  hold<T>(key: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

type Stripe = { database: DatabaseSync | undefined; tail: Promise<unknown> };

/** Keys share locks, so that a million keys need 16 files. A lock is held for a check and a rename, well under 1 ms. */
const STRIPES = 16;
/** SQLite's code for "another connection holds the lock", in the low byte of the extended code. */
const SQLITE_BUSY = 5;

/** Lock files go into `folder`, which must exist and be on a file system with POSIX locks (any local one). */
export function createFolderLocks(folder: string, timeoutMs: number): FolderLocks {
  const stripes = Array.from({ length: STRIPES }, (): Stripe => ({ database: undefined, tail: Promise.resolve() }));

  function openDatabase(stripe: Stripe, index: number): DatabaseSync {
    stripe.database ??= new DatabaseSync(join(folder, `${index}.lock`));
    return stripe.database;
  }

  return {
    async hold(key, work) {
      const index = createHash("sha256").update(key).digest().readUInt8() % STRIPES;
      const stripe = stripes[index] as Stripe; // index < STRIPES
      const turn = stripe.tail.then(async () => {
        const database = await acquire(() => openDatabase(stripe, index), timeoutMs);
        try {
          return await work();
        } finally {
          database.exec("ROLLBACK");
        }
      });
      stripe.tail = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      await Promise.all(stripes.map((stripe) => stripe.tail));
      for (const stripe of stripes) {
        stripe.database?.close();
        stripe.database = undefined;
      }
    },
  };
}

async function acquire(open: () => DatabaseSync, timeoutMs: number): Promise<DatabaseSync> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const database = tryToLock(open);
    if (database !== undefined) return database;
    if (performance.now() > giveUpAt) {
      throw new StoreUnavailable(`Another process has held a lock of the store's folder for ${timeoutMs} ms`);
    }
    await delay(1 + Math.random() * 4);
  }
}

function tryToLock(open: () => DatabaseSync): DatabaseSync | undefined {
  try {
    const database = open();
    database.exec("BEGIN IMMEDIATE");
    return database;
  } catch (cause) {
    if (isBusy(cause)) return undefined;
    throw new StoreUnavailable(`The store's folder cannot be locked: ${String(cause)}`, { cause });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
