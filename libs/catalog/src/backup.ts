// Records as JSON lines and back: the small objects that say what there is. What they name (pictures, weights, results) stays where it is.
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { isWritten } from "./compare-and-swap.ts";
import { listNamespaces } from "./namespaces.ts";

const headSchema = z.object({ ursaBackup: z.literal(1), createdAt: z.iso.datetime(), version: z.string() });
/** `text` is the object byte by byte, so that fields of another version are kept. */
const lineSchema = z.strictObject({
  key: z.string().regex(/^(ns\/[a-z0-9-]{1,40}\/records\/[a-z]+|keys|webhook-secrets)\/[A-Za-z0-9_]+\.json$/),
  text: z.string(),
});
const endSchema = z.strictObject({ records: z.int() });
type Line = z.infer<typeof lineSchema>;

/** Yields lines, each with its newline: a head, a record each, and an end that counts them, so that half a backup is told from one. */
export async function* writeBackup(store: ObjectStore, version: string): AsyncGenerator<string> {
  const line = (value: unknown) => `${JSON.stringify(value)}\n`;
  yield line({ ursaBackup: 1, createdAt: new Date().toISOString(), version });
  let records = 0;
  for await (const key of recordKeys(store)) {
    const text = await readText(store, key);
    if (text === undefined) continue;
    yield line({ key, text } satisfies Line);
    records += 1;
  }
  yield line({ records });
}

async function* recordKeys(store: ObjectStore): AsyncGenerator<string> {
  for await (const prefix of prefixes(store)) for await (const { key } of store.list(prefix)) yield key;
}

async function* prefixes(store: ObjectStore): AsyncGenerator<string> {
  for await (const namespace of listNamespaces(store)) yield keys.allRecords(namespace);
  yield keys.apiKeys;
  yield keys.webhookSecrets;
}

async function readText(store: ObjectStore, key: string): Promise<string | undefined> {
  try {
    return (await store.get(key)).body.toString();
  } catch (error) {
    // Deleted since it was listed.
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

export type Restored = { restored: number; same: number; kept: string[] };

/** A backup line by line, as often as it is asked for: it need not lie in memory. */
export type BackupLines = () => AsyncIterable<string>;

/** Each waits for the store twice. */
const AT_ONCE = 16;

/**
 * Writes what a backup holds. A stored record that differs stays, unless it is older or `overwrite` is true; a key that was revoked
 * stays revoked and one that was rotated has its newest secret in any case. @throws Problem malformed_body, before anything is written, for what is no whole backup
 */
export async function restoreBackup(
  store: ObjectStore,
  lines: BackupLines,
  { overwrite }: { overwrite: boolean },
): Promise<Restored> {
  const told: Restored = { restored: 0, same: 0, kept: [] };
  for await (const _ of parseBackup(lines())) {
    // Whole, to its end, before the first record is written.
  }
  const restore = async (line: Line) => {
    const became = await restoreOne(store, line, overwrite);
    if (became === "kept") told.kept.push(line.key);
    else told[became] += 1;
  };
  let batch: Line[] = [];
  for await (const line of parseBackup(lines())) {
    batch.push(line);
    if (batch.length < AT_ONCE) continue;
    await Promise.all(batch.map(restore));
    batch = [];
  }
  await Promise.all(batch.map(restore));
  return told;
}

async function restoreOne(
  store: ObjectStore,
  { key, text }: Line,
  overwrite: boolean,
): Promise<"restored" | "same" | "kept"> {
  const contentType = "application/json";
  const stored = await store.get(key).catch((error) => {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  });
  const now = stored?.body.toString();
  if (now === text) return "same";
  if (now !== undefined && !mayReplace(now, text, overwrite)) return "kept";
  const condition = stored ? { ifMatch: stored.info.etag } : { ifNoneMatch: "*" as const };
  // Written by someone else in this moment, so it is newer.
  return (await isWritten(store.put(key, text, { ...condition, contentType }))) ? "restored" : "kept";
}

const datedSchema = z.object({
  createdAt: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  rotatedAt: z.iso.datetime().optional(),
});

function mayReplace(now: string, text: string, overwrite: boolean): boolean {
  const [stored, saved] = [datesOf(now), datesOf(text)];
  if (stored.revokedAt && !saved.revokedAt) return false;
  // Its former secret may have been replaced because others knew it.
  if (stored.rotatedAt && stored.rotatedAt > (saved.rotatedAt ?? "")) return false;
  return overwrite || changedAt(stored) < changedAt(saved);
}

/** Unix milliseconds; not a number, which is neither older nor newer, where it does not say. */
const changedAt = ({ updatedAt, revokedAt, rotatedAt, createdAt }: z.infer<typeof datedSchema>): number =>
  Date.parse(updatedAt ?? revokedAt ?? rotatedAt ?? createdAt ?? "");

const datesOf = (text: string) => datedSchema.safeParse(parsed(text)).data ?? {};

/** Yields the records; the end is told from one by being the last. */
async function* parseBackup(lines: AsyncIterable<string>): AsyncGenerator<Line> {
  let at = 0;
  let last: string | undefined;
  for await (const line of lines) {
    if (at === 0) assertHead(line);
    else if (last !== undefined) yield parseRecord(last, at);
    if (at > 0) last = line;
    at += 1;
  }
  if (at === 0) assertHead("");
  if (endSchema.safeParse(parsed(last)).data?.records === at - 2) return;
  throw new Problem(
    "malformed_body",
    "The backup is cut short: its last line does not count its records. Use another one.",
  );
}

function assertHead(line: string): void {
  if (headSchema.safeParse(parsed(line)).success) return;
  throw new Problem(
    "malformed_body",
    "This is no backup of Ursa: expected a first line with ursaBackup 1, as `ursa backup` writes it.",
  );
}

/** @param at its number in the file, from 1 */
function parseRecord(line: string, at: number): Line {
  const record = lineSchema.safeParse(parsed(line));
  if (record.success && parsed(record.data.text) !== undefined) return record.data;
  throw new Problem("malformed_body", `Line ${at} of the backup is no record; nothing was restored.`);
}

function parsed(line = ""): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
