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
  key: z.string().regex(/^(ns\/[a-z0-9-]{1,40}\/records\/[a-z]+|keys)\/[A-Za-z0-9_]+\.json$/),
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

/**
 * Writes what a backup holds. A stored record that differs stays, unless it is older or `overwrite` is true; a key that was revoked
 * stays revoked in any case.
 * @param text the whole backup. @throws Problem malformed_body, before anything is written, for what is no whole backup
 */
export async function restoreBackup(
  store: ObjectStore,
  text: string,
  { overwrite }: { overwrite: boolean },
): Promise<Restored> {
  const told: Restored = { restored: 0, same: 0, kept: [] };
  for (const line of parseBackup(text)) {
    const became = await restoreOne(store, line, overwrite);
    if (became === "kept") told.kept.push(line.key);
    else told[became] += 1;
  }
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
});

function mayReplace(now: string, text: string, overwrite: boolean): boolean {
  const [stored, saved] = [datesOf(now), datesOf(text)];
  if (stored.revokedAt && !saved.revokedAt) return false;
  return overwrite || changedAt(stored) < changedAt(saved);
}

/** Unix milliseconds; not a number, which is neither older nor newer, where it does not say. */
const changedAt = ({ updatedAt, revokedAt, createdAt }: z.infer<typeof datedSchema>): number =>
  Date.parse(updatedAt ?? revokedAt ?? createdAt ?? "");

const datesOf = (text: string) => datedSchema.safeParse(parsed(text)).data ?? {};

function parseBackup(text: string): Line[] {
  const [head, ...lines] = text.trimEnd().split("\n");
  const end = lines.pop();
  if (!headSchema.safeParse(parsed(head)).success)
    throw new Problem(
      "malformed_body",
      "This is no backup of Ursa: expected a first line with ursaBackup 1, as `ursa backup` writes it.",
    );
  if (endSchema.safeParse(parsed(end)).data?.records !== lines.length)
    throw new Problem(
      "malformed_body",
      "The backup is cut short: its last line does not count its records. Use another one.",
    );
  return lines.map((line, at) => {
    const record = lineSchema.safeParse(parsed(line));
    if (record.success && parsed(record.data.text) !== undefined) return record.data;
    throw new Problem("malformed_body", `Line ${at + 2} of the backup is no record; nothing was restored.`);
  });
}

function parsed(line = ""): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
