// Small JSON objects in the store: read and parsed, created once, or changed by compare and swap.
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import type { z } from "zod";
import { isWritten, untilWon } from "./compare-and-swap.ts";

export type Read<T> = { value: T; etag: string } | undefined;

/** Undefined where there is no such object. */
export async function readJson<T>(store: ObjectStore, key: string, schema: z.ZodType<T>): Promise<Read<T>> {
  try {
    const { body, info } = await store.get(key);
    return { value: schema.parse(JSON.parse(body.toString())), etag: info.etag };
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

/** `what` is for the message of the one who loses too often. */
type JsonSwap<T> = { what: string; read: () => Promise<Read<T>>; change: (before: T | undefined) => T };

/** Creates once, or compares and swaps. An unchanged value is not written. Throws Problem conflict. */
export async function swapJson<T>(store: ObjectStore, key: string, { what, read, change }: JsonSwap<T>): Promise<T> {
  return untilWon(what, async () => {
    const before = await read();
    const after = change(before?.value);
    if (before && after === before.value) return { won: after };
    const condition = before ? { ifMatch: before.etag } : { ifNoneMatch: "*" as const };
    const write = store.put(key, JSON.stringify(after), { ...condition, contentType: "application/json" });
    return (await isWritten(write)) ? { won: after } : undefined;
  });
}
