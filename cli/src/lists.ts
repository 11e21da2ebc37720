// URL lists, and archives and folders of pictures, on this machine: found, named, and uploaded.
import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { isArchiveName } from "@ursa/contracts/archive";
import { type DatasetSource, type Split, splitSchema } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { randomToken } from "@ursa/contracts/random-token";
import { classOfFile, hasLabels } from "./class-of-file.ts";
import type { Session } from "./connect.ts";
import { Failure } from "./failure.ts";
import { packFolder } from "./pack-folder.ts";
import { uploadName } from "./upload-name.ts";

/** A list to upload, or an archive. Without `class` each of its rows has its own. A folder of pictures is packed on its way. */
export type List = { path: string; class?: string; split?: Split; isFolder?: boolean };
/** A list in the store, and the path a person knows it by. */
export type Uploaded = { path: string; source: DatasetSource & { upload: string } };

const PICTURE_ENDINGS = /\.(jpe?g|png|webp|gif)$/i;
const LIST_ENDINGS = /\.(txt|csv|tsv|list)$/i;

/** Files, folders of files, and CLASS=FILE or CLASS=FOLDER. @throws Failure when something is not there */
export async function openLists(given: string[]): Promise<List[]> {
  const found = (await Promise.all(given.map(expand))).flat();
  return Promise.all(
    found.map(async (list) => {
      // The folders in it say what its pictures are.
      if (list.isFolder || isArchiveName(list.path)) return list;
      return { ...list, ...splitOf(list.path), ...(list.class ? {} : await classOf(list.path)) };
    }),
  );
}

async function expand(argument: string): Promise<List[]> {
  const { path, className } = await parse(argument);
  const named = className ? { class: className } : {};
  const info = await stat(path).catch((cause) => {
    throw new Failure(`There is no file or folder ${path}.`, { exitCode: 2, cause });
  });
  if (!info.isDirectory()) return [{ path, ...named }];
  const entries = await readdir(path, { recursive: true });
  // Beside pictures there may be a README.txt or a labels.csv; beside lists there are no pictures.
  if (entries.some((name) => PICTURE_ENDINGS.test(name))) return [{ path, ...named, isFolder: true }];
  const lists = entries.filter((name) => LIST_ENDINGS.test(name)).sort();
  if (lists.length === 0)
    throw new Failure(`The folder ${path} holds no URL lists, which end in .txt or .csv, and no pictures.`, {
      exitCode: 2,
    });
  return lists.map((name) => ({ path: join(path, name), ...named }));
}

/** A file whose own name has a `=` is that file. */
async function parse(argument: string): Promise<{ path: string; className?: string }> {
  const [, className, path] = /^([^=/\\]+)=(.+)$/.exec(argument) ?? [];
  const isFile = await stat(argument).catch(() => undefined);
  return isFile || !className || !path ? { path: argument } : { path, className };
}

const classOf = async (path: string) => ((await hasLabels(path)) ? {} : { class: classOfFile(path) });

/** The side of the split that the list's folder names. */
function splitOf(path: string): { split?: Split } {
  const { data: split } = splitSchema.safeParse(basename(dirname(path)));
  return split ? { split } : {};
}

/** @throws Failure or Problem, either of which names the list by its path */
export async function uploadLists(session: Session, lists: List[]): Promise<Uploaded[]> {
  const uploaded: Uploaded[] = [];
  for (const list of lists) uploaded.push(await upload(session, list));
  return uploaded;
}

async function upload(session: Session, { isFolder, ...list }: List): Promise<Uploaded> {
  const { client, print } = session;
  const { path, ...described } = list;
  if (isFolder) return uploadFolder(session, list);
  const body = await openAsBlob(path, { type: "text/plain" });
  if (body.size === 0) throw new Failure(`${path} is empty; a URL list has one URL per line.`, { exitCode: 2 });
  const sha256 = await hashFile(path);
  const name = uploadName(path, sha256);
  const uploaded = { path, source: { upload: name, ...described } };
  const stored = await namingPaths([uploaded], () => client.call("putUpload", { params: { name }, body }));
  if (stored.sha256 !== sha256) throw new Failure(`${path} changed while it was uploaded; run this again.`);
  print.note(`uploaded ${path}`);
  return uploaded;
}

/** As a tar, which is never whole anywhere on this machine. What it holds is not known before, so its name is a random one. */
async function uploadFolder({ client, print }: Session, { path, ...described }: List): Promise<Uploaded> {
  const name = uploadName(`${basename(resolve(path))}.tar`, randomToken());
  const uploaded = { path, source: { upload: name, ...described } };
  await using packing = packFolder(path);
  const stored = await namingPaths([uploaded], () => client.call("putUpload", { params: { name }, body: packing.tar }));
  await packing.ended;
  print.note(`uploaded the pictures of ${path}: ${Math.ceil(stored.bytes / 2 ** 20)} MiB`);
  return uploaded;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Runs `call` and lets its problems name lists as the person did. */
export async function namingPaths<T>(lists: Uploaded[], call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const message = lists.reduce((text, { path, source }) => text.replaceAll(source.upload, path), error.message);
    throw new Problem(error.code, message, { cause: error, extra: error.extra });
  }
}
