// Aliases: movable names of models. One may be the default, used where a caller names no model.
import type { Alias, PutAlias } from "@ursa/contracts/alias";
import { modelIdSchema } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import type { ObjectStore } from "@ursa/store/object-store";
import {
  type AliasFile,
  aliasKey,
  type DefaultPointer,
  defaultKey,
  listAliasFiles,
  readAlias,
  readDefault,
} from "./alias-files.ts";
import type { Catalog } from "./catalog.ts";
import { swapJson } from "./json-object.ts";
import { untrained } from "./untrained.ts";

export type Resolved = { modelId: string; alias?: string };

export interface Aliases {
  /**
   * Creates, moves, publishes or hides an alias. It becomes the default when asked to, and when its namespace has no default.
   * Throws Problem unknown_model, model_not_ready for a model without a trained stage, and not_found for a new alias without a model.
   */
  put(namespace: string, name: string, wanted: PutAlias): Promise<Alias>;
  /** Throws Problem not_found. */
  get(namespace: string, name: string): Promise<Alias>;
  /** By name. */
  list(namespace: string): Promise<Alias[]>;
  /** Idempotent. Without its alias a namespace has no default until another is put. */
  remove(namespace: string, name: string): Promise<void>;
  /**
   * The model that an id, an alias or nothing at all (the default) means. An answer may be a second old.
   * Throws Problem unknown_model, no_default_model or model_not_ready.
   */
  resolve(namespace: string, reference: string | undefined): Promise<Resolved>;
}

/** Every classify asks; a move is seen everywhere within this time. */
const REMEMBERED_MS = 1000;
const MAX_REMEMBERED = 1000;

type Backing = { store: ObjectStore; catalog: Pick<Catalog, "get"> };

export function createAliases({ store, catalog }: Backing): Aliases {
  const remembered = new Map<string, { until: number; resolved: Resolved }>();
  return {
    async put(namespace, name, wanted) {
      if (wanted.model) await assertServable(catalog, namespace, wanted.model);
      const alias = await changeAlias(store, { namespace, name, ...wanted });
      await moveDefault(store, namespace, (current) => (wanted.default || current === null ? name : current));
      remembered.clear();
      return withDefault(store, alias);
    },
    async get(namespace, name) {
      const alias = await readAlias(store, namespace, name);
      if (!alias) throw absent(name);
      return withDefault(store, alias.value);
    },
    async list(namespace) {
      const pointer = await readDefault(store, namespace);
      const aliases = await listAliasFiles(store, namespace);
      return aliases.map((alias) => ({ ...alias, default: pointer?.value.alias === alias.name }));
    },
    async remove(namespace, name) {
      // The pointer goes first: cut short here, the alias is still there and is merely not the default any more.
      await moveDefault(store, namespace, (current) => (current === name ? null : current));
      await store.delete(aliasKey(namespace, name));
      remembered.clear();
    },
    async resolve(namespace, reference) {
      const key = `${namespace}\n${reference ?? ""}`;
      const known = remembered.get(key);
      if (known && known.until > performance.now()) return known.resolved;
      const resolved = await resolve({ store, catalog }, namespace, reference);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(key, { until: performance.now() + REMEMBERED_MS, resolved });
      return resolved;
    },
  };
}

async function resolve(
  { store, catalog }: Backing,
  namespace: string,
  reference: string | undefined,
): Promise<Resolved> {
  if (reference !== undefined && modelIdSchema.safeParse(reference).success) {
    await assertServable(catalog, namespace, reference);
    return { modelId: reference };
  }
  const name = reference ?? (await readDefault(store, namespace))?.value.alias;
  const alias = name ? await readAlias(store, namespace, name) : undefined;
  if (alias) return { modelId: alias.value.model, alias: alias.value.name };
  if (reference === undefined) {
    throw new Problem(
      "no_default_model",
      "No model was named and no alias is the default; name a model, or PUT an alias.",
    );
  }
  throw new Problem("unknown_model", `There is no alias ${reference}.`);
}

async function assertServable(catalog: Pick<Catalog, "get">, namespace: string, id: string): Promise<void> {
  const model = await catalog.get("model", namespace, id).catch((cause) => {
    const isGone = cause instanceof Problem && cause.code === "not_found";
    throw isGone ? new Problem("unknown_model", `There is no model ${id}.`, { cause }) : cause;
  });
  if (model.artifacts.length > 0) return;
  throw untrained(model);
}

const withDefault = async (store: ObjectStore, alias: AliasFile): Promise<Alias> => ({
  ...alias,
  default: (await readDefault(store, alias.namespace))?.value.alias === alias.name,
});

const absent = (name: string) => new Problem("not_found", `There is no alias ${name}.`);

type Change = PutAlias & { namespace: string; name: string };

async function changeAlias(store: ObjectStore, { namespace, name, ...wanted }: Change): Promise<AliasFile> {
  const key = aliasKey(namespace, name);
  return swapJson<AliasFile>(store, key, {
    what: "an alias",
    read: () => readAlias(store, namespace, name),
    change: (before) => {
      const now = new Date().toISOString();
      const model = wanted.model ?? before?.model;
      if (!model) throw absent(name);
      const access = wanted.public === undefined ? before?.public : wanted.public;
      const named = { name, namespace, model, createdAt: before?.createdAt ?? now, updatedAt: now };
      return { ...named, ...(access ? { public: access } : {}) };
    },
  });
}

/** `change` is given the default's name, or null where there is none. */
async function moveDefault(
  store: ObjectStore,
  namespace: string,
  change: (current: string | null) => string | null,
): Promise<void> {
  await swapJson<DefaultPointer>(store, defaultKey(namespace), {
    what: "an alias",
    read: () => readDefault(store, namespace),
    change: (before) => {
      const alias = change(before?.alias ?? null);
      return before && before.alias === alias ? before : { alias };
    },
  });
}
