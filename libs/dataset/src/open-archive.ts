// An uploaded archive as a list: its directory is read, a file becomes a row, and the folder above it is its class.
import type { ListedFile } from "@ursa/archive/listed-file";
import { readTar } from "@ursa/archive/read-tar";
import { readZip } from "@ursa/archive/read-zip";
import { type ArchivePointer, type UsedArchive, urlOfEntry } from "@ursa/contracts/archive";
import { classNameSchema } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { type ListDescription, type ListedUrl, splitNamed } from "./url-list.ts";

export type OpenArchive = { used: UsedArchive; rows(): AsyncGenerator<ListedUrl> };

/** What macOS and Windows add to a folder, and whatever is hidden. */
const LEFT_OUT = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(\/|$)/i;

/**
 * Rows in the order of the archive. A `class` or `split` given here wins over the folders.
 * @throws Problem bad_archive, payload_too_large; upload_not_found when its bytes were deleted
 */
export async function openArchive(
  store: ObjectStore,
  { namespace, pointer, list }: { namespace: string; pointer: ArchivePointer; list: ListDescription },
): Promise<OpenArchive> {
  const { archive } = pointer;
  const all = await readFiles(store, keys.archive(namespace, archive), { pointer, name: list.name });
  const files = all.filter(({ path, isLink }) => !isLink && !LEFT_OUT.test(path));
  if (files.length === 0)
    throw new Problem("bad_archive", `${list.name} has no files; expected pictures in folders named by their classes.`);
  return {
    used: { upload: list.name, archive, files: files.length, leftOut: all.length - files.length },
    async *rows() {
      for (const [index, { path, place }] of files.entries()) {
        const row = { class: list.class ?? classOf(path, list.name), ...sideOf(path, list) };
        yield { ...row, url: urlOfEntry(list.name, path), line: index + 1, entry: { archive, ...place } };
      }
    },
  };
}

type Read = { pointer: ArchivePointer; name: string };

async function readFiles(store: ObjectStore, key: string, { pointer, name }: Read): Promise<ListedFile[]> {
  if (pointer.format === "tar") return readTar((await store.stream(key)).body, name);
  const read = async (start: number, end: number) => (await store.get(key, { start, end })).body;
  return readZip({ size: pointer.bytes, read }, name);
}

/** The folder that the file lies in. @throws Problem bad_archive where that is none, or a side of the split */
function classOf(path: string, archive: string): string {
  const folder = path.split("/").at(-2);
  if (folder === undefined || splitNamed(folder))
    throw unnamed(archive, `${JSON.stringify(path)} is in no folder that names its class`);
  const parsed = classNameSchema.safeParse(folder);
  if (parsed.success) return parsed.data;
  throw unnamed(
    archive,
    `the folder of ${JSON.stringify(path)} cannot name a class: ${parsed.error.issues[0]?.message}`,
  );
}

const unnamed = (archive: string, fault: string) =>
  new Problem("bad_archive", `${archive}: ${fault}; expected CLASS/picture.jpg, or train/CLASS/picture.jpg.`);

/** Of several folders that name one, the lowest counts. The class's own folder may be called as it likes. */
function sideOf(path: string, list: ListDescription): { split?: NonNullable<ListDescription["split"]> } {
  // Where the class is given, the folder above a picture is free to name a side.
  const above = path.split("/").slice(0, list.class === undefined ? -2 : -1);
  const split = list.split ?? above.map(splitNamed).findLast((side) => side !== undefined);
  return split ? { split } : {};
}
