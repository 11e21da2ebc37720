// Aliases as objects in the store, named by a hash of their name: keys are never made of what people write.
import { createHash } from "node:crypto";
import { aliasSchema } from "@ursa/contracts/alias";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { type Read, readJson } from "./json-object.ts";

const aliasFileSchema = aliasSchema.omit({ default: true });
export type AliasFile = z.infer<typeof aliasFileSchema>;

const pointerSchema = z.object({ alias: z.string().nullable() });
export type DefaultPointer = z.infer<typeof pointerSchema>;

export const aliasKey = (namespace: string, name: string): string =>
  keys.record(namespace, "aliases", createHash("sha256").update(name).digest("hex"));

/** One object names the default, so two aliases can never both be it. */
export const defaultKey = (namespace: string): string => keys.record(namespace, "defaults", "alias");

export const readAlias = (store: ObjectStore, namespace: string, name: string): Promise<Read<AliasFile>> =>
  readJson(store, aliasKey(namespace, name), aliasFileSchema);

export const readDefault = (store: ObjectStore, namespace: string): Promise<Read<DefaultPointer>> =>
  readJson(store, defaultKey(namespace), pointerSchema);

/** By name. */
export async function listAliasFiles(store: ObjectStore, namespace: string): Promise<AliasFile[]> {
  const found: AliasFile[] = [];
  for await (const { key } of store.list(keys.records(namespace, "aliases"))) {
    const alias = await readJson(store, key, aliasFileSchema);
    if (alias) found.push(alias.value);
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
