// URL lists on this machine: found, named, and uploaded.
import { openAsBlob } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DatasetSource, Split } from "@ursa/contracts/dataset";
import type { Session } from "./connect.ts";
import { Failure } from "./failure.ts";

/** A list to upload. Without `class` the service names it by the file. */
export type List = { path: string; class?: string; split?: Split };

const LIST_ENDINGS = /\.(txt|csv|tsv|list)$/i;

/** Files, folders of files, and CLASS=FILE. @throws Failure when something is not there */
export async function openLists(given: string[]): Promise<List[]> {
  const found = await Promise.all(given.map(expand));
  return found.flat().map((list) => ({ ...list, ...splitOf(list) }));
}

async function expand(argument: string): Promise<List[]> {
  const named = /^([^=/\\]+)=(.+)$/.exec(argument);
  const path = named?.[2] ?? argument;
  const info = await stat(path).catch((cause) => {
    throw new Failure(`There is no file or folder ${path}.`, { exitCode: 2, cause });
  });
  if (!info.isDirectory()) return [named?.[1] ? { path, class: named[1] } : { path }];
  const entries = await readdir(path, { recursive: true });
  const lists = entries.filter((name) => LIST_ENDINGS.test(name)).sort();
  if (lists.length === 0)
    throw new Failure(`The folder ${path} holds no URL lists; they end in .txt or .csv.`, { exitCode: 2 });
  return lists.map((name) => ({ path: join(path, name) }));
}

/** The side of the split that the list's folder names; its upload gets another name then, so the class is named here. */
function splitOf({ path, class: given }: List): Partial<List> {
  const folder = basename(dirname(path));
  if (folder !== "train" && folder !== "valid" && folder !== "test") return {};
  const ofFile = basename(path)
    .replace(LIST_ENDINGS, "")
    .replace(/^urls_/, "");
  return { split: folder, ...(/\.[ct]sv$/i.test(path) ? {} : { class: given ?? ofFile }) };
}

export async function uploadLists({ client, print }: Session, lists: List[]): Promise<DatasetSource[]> {
  const sources: DatasetSource[] = [];
  for (const [index, list] of lists.entries()) {
    const name = uploadName(list, index);
    const body = await openAsBlob(list.path, { type: "text/plain" });
    if (body.size === 0) throw new Failure(`${list.path} is empty; a URL list has one URL per line.`, { exitCode: 2 });
    await client.call("putUpload", { params: { name }, body });
    print.note(`uploaded ${list.path}`);
    sources.push({
      upload: name,
      ...(list.class ? { class: list.class } : {}),
      ...(list.split ? { split: list.split } : {}),
    });
  }
  return sources;
}

/** Uploads of one name replace each other, so lists of the same name in different folders get different ones. */
function uploadName(list: List, index: number): string {
  const plain = basename(list.path)
    .replaceAll(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^[._-]+/, "")
    .slice(-100);
  if (list.split) return `${list.split}-${index}.${plain}`;
  return plain || `list-${index}.txt`;
}
