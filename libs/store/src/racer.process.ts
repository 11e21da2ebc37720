// A child process of the tests that races others for the same keys: `racer.process.ts <store url> <task> <key> <count> <starts at>`.
// Prints a line for each write that the store acknowledged; may be killed at any moment.
import { writeSync } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type ObjectStore, PreconditionFailed, StoreUnavailable } from "./object-store.ts";
import { openStore } from "./open-store.ts";

/** So that whoever races is at the same key, however busy the machine. */
const EVERY_MS = 25;

const [url = "", task = "", key = "", count = "", startsAt = ""] = process.argv.slice(2);
const { URSA_TEST_S3_ACCESS_KEY: accessKey, URSA_TEST_S3_SECRET_KEY: secretKey } = process.env;
const store = await openStore(url, { accessKey, secretKey });
writeSync(1, "ready\n");
if (task === "create" && (await create(store, key))) writeSync(1, `${process.pid}\n`);
if (task === "create-all") await createAll(store);
if (task === "increment") for (let done = 0; done < Number(count); done++) await increment(store);
if (task === "fill") await fill(store);
await store.close();

/** @returns whether this process was first */
async function create(store: ObjectStore, at: string): Promise<boolean> {
  try {
    await store.put(at, `${process.pid}`, { ifNoneMatch: "*" });
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailed) return false;
    throw error;
  }
}

/** `count` keys below `key`, each at a moment of its own: milliseconds since 1970, which every racer's clock agrees on. */
async function createAll(store: ObjectStore): Promise<void> {
  for (let at = 0; at < Number(count); at++) {
    await delay(Math.max(0, Number(startsAt) + at * EVERY_MS - Date.now()));
    if (await create(store, `${key}/${at}`)) writeSync(1, `${at} ${process.pid}\n`);
  }
}

async function increment(store: ObjectStore): Promise<void> {
  while (!(await tryToIncrement(store))) await delay(Math.random() * 5);
}

async function tryToIncrement(store: ObjectStore): Promise<boolean> {
  const { body, info } = await store.get(key);
  const next = `${Number(body.toString()) + 1}`;
  try {
    await store.put(key, next, { ifMatch: info.etag });
    writeSync(1, `${next}\n`);
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailed) return false;
    throw error;
  }
}

/** Writes a megabyte where that much may not be written. */
async function fill(store: ObjectStore): Promise<void> {
  try {
    await store.put(key, Readable.from(Array.from({ length: 16 }, () => Buffer.alloc(1 << 16))));
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    writeSync(1, `${error.name} ${(error.cause as NodeJS.ErrnoException).code}\n`); // the cause is the file system's error
  }
  await store.put("small", "x");
  writeSync(1, "small ones still fit\n");
}
