// package-lock.json as a graph: which package brings which.
import { readFileSync } from "node:fs";
import { z } from "zod";

const names = z.record(z.string(), z.string()).default({});
const entrySchema = z.looseObject({
  version: z.string().optional(),
  /** Where it was fetched from; of a link, the folder that it leads to. */
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  license: z.string().optional(),
  hasInstallScript: z.boolean().optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z.record(z.string(), z.looseObject({ optional: z.boolean().optional() })).default({}),
});
const lockSchema = z.looseObject({ packages: z.record(z.string(), entrySchema) });

export type LockEntry = z.infer<typeof entrySchema>;
/** Entries by their folder, such as `node_modules/sharp`; our own packages by theirs, such as `libs/imaging`. */
export type Lock = Record<string, LockEntry>;

export function readLock(path: string): Lock {
  return lockSchema.parse(JSON.parse(readFileSync(path, "utf8"))).packages;
}

/** What npm installs from a registry: neither our own packages nor the links that lead to them. */
export function foreignEntries(lock: Lock): [path: string, entry: LockEntry][] {
  return Object.entries(lock).filter(([path, entry]) => path.includes("node_modules/") && !entry.link);
}

/** `node_modules/a/node_modules/@b/c` is `@b/c`. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);

export type Brought = {
  /** Folders of what has to be there. */
  needed: string[];
  /** Of what npm installs where it fits the platform, and what only that needs. */
  optional: string[];
};

/** Everything that the package in `folder` brings with it, without itself. */
export function broughtBy(lock: Lock, folder: string): Brought {
  const needed = reach(lock, folder, neededBy);
  const all = reach(lock, folder, (entry) => [...neededBy(entry), ...Object.keys(entry.optionalDependencies)]);
  return { needed: [...needed], optional: [...all].filter((path) => !needed.has(path)) };
}

// npm writes optional dependencies among the dependencies of a lock's entry only as optional ones; a peer is needed unless it says otherwise.
const neededBy = ({ dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }: LockEntry) =>
  [
    ...Object.keys(dependencies),
    ...Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional),
  ].filter((name) => !(name in optionalDependencies));

function reach(lock: Lock, folder: string, namesIn: (entry: LockEntry) => string[]): Set<string> {
  const reached = new Set([folder]);
  // A set is walked to its end as it grows.
  for (const path of reached) {
    const names = lock[path] ? namesIn(lock[path]) : [];
    for (const found of names.flatMap((name) => resolve(lock, path, name) ?? [])) reached.add(found);
  }
  reached.delete(folder);
  return reached;
}

/** Where Node would find it from that folder: in its own node_modules or in those above. A link is followed. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = above(folder)) {
    const path = `${folder}${folder ? "/" : ""}node_modules/${name}`;
    const entry = lock[path];
    if (entry) return entry.link ? entry.resolved : path;
    if (folder === "") return undefined;
  }
}

function above(folder: string): string {
  const end = folder.lastIndexOf("/node_modules/");
  if (end >= 0) return folder.slice(0, end);
  return folder.startsWith("node_modules/") || !folder.includes("/") ? "" : folder.slice(0, folder.lastIndexOf("/"));
}
