// Lists as a request names them: inline, an upload, or an archive of pictures. A list is opened when its turn comes, so that a thousand of them
// are not a thousand open files, and none stays open when an earlier one is refused.
import { archivePointerSchema, isArchiveName, MAX_ARCHIVE_ENTRIES, type UsedArchive } from "@ursa/contracts/archive";
import type { DatasetSource } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { openArchive } from "@ursa/dataset/open-archive";
import type { PlanSource } from "@ursa/dataset/plan-rows";
import { type ListDescription, type ListedUrl, parseUrlList } from "@ursa/dataset/url-list";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";

/** Exactly one row per element, in order, whatever it holds: this is no file, so nothing in it is a header or a comment. */
export async function* inlineList(urls: readonly string[], list: { class: string }): AsyncGenerator<ListedUrl> {
  for (const [index, url] of urls.entries()) yield { class: list.class, url: shownOnOneLine(url), line: index + 1 };
}

// URL parsers drop line breaks and tabs, which would make one address of two that stand in one element. Quoted, it is a URL to none.
const shownOnOneLine = (url: string) => (/[\t\n\r]/.test(url.trim()) ? JSON.stringify(url) : url.trim());

/** Rows to plan, and the archive that they lie in where it is one. */
export type OpenSource = PlanSource & { archive?: UsedArchive };

/** An archive's directory is read at once; a list when its turn comes. @throws Problem upload_not_found, bad_archive, payload_too_large */
export async function openUpload(store: ObjectStore, namespace: string, list: ListDescription): Promise<OpenSource> {
  const { name } = list;
  if (!isArchiveName(name)) return { name, rows: uploadedList(store, namespace, list) };
  const { body } = await store.get(keys.upload(namespace, name)).catch(notFound(name));
  const pointer = archivePointerSchema.parse(JSON.parse(body.toString("utf8")));
  const { used, rows } = await openArchive(store, { namespace, pointer, list }).catch(notFound(name));
  return { name, rows: rows(), archive: used };
}

/** @throws Problem upload_not_found, list_is_html, list_is_empty, invalid_request; each names the list */
async function* uploadedList(store: ObjectStore, namespace: string, list: ListDescription): AsyncGenerator<ListedUrl> {
  const { body } = await store.stream(keys.upload(namespace, list.name)).catch(notFound(list.name));
  yield* parseUrlList(body, list);
}

const notFound =
  (name: string) =>
  (cause: unknown): never => {
    if (!(cause instanceof ObjectNotFound)) throw cause;
    throw new Problem("upload_not_found", `No upload is named ${name}; PUT it to /v1/uploads/${name} first.`, {
      cause,
    });
  };

/** Files of all archives of one request: their directories are in memory at once. */
const MAX_ARCHIVED_FILES = 2 * MAX_ARCHIVE_ENTRIES;

type Asked = { namespace: string; sources: readonly DatasetSource[]; signal: AbortSignal };

/**
 * What a dataset is made from, or added to, and the archives among it.
 * @throws Problem payload_too_large, invalid_request where an archive is named twice, and as openUpload
 */
export async function openSources(store: ObjectStore, { namespace, sources, signal }: Asked) {
  refuseNamedTwice(sources);
  const opened: OpenSource[] = [];
  let files = 0;
  for (const source of sources) {
    signal.throwIfAborted();
    const one = await openSource(store, namespace, source);
    files += one.archive?.files ?? 0;
    if (files > MAX_ARCHIVED_FILES)
      throw new Problem(
        "payload_too_large",
        `The archives have more than ${MAX_ARCHIVED_FILES} files together; make a dataset of some and add the others.`,
      );
    opened.push(one);
  }
  return { sources: opened, archives: opened.flatMap(({ archive }) => archive ?? []) };
}

/** Each picture of it would be a duplicate of itself, or of two classes, for twice the memory. */
function refuseNamedTwice(sources: readonly DatasetSource[]): void {
  const names = sources.flatMap((source) =>
    "upload" in source && isArchiveName(source.upload) ? [source.upload] : [],
  );
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  const remedy = "name it once; its folders may hold several classes and sides of the split";
  throw new Problem("invalid_request", `sources: the archive ${twice} is named twice; ${remedy}.`);
}

async function openSource(store: ObjectStore, namespace: string, source: DatasetSource): Promise<OpenSource> {
  const split = source.split ? { split: source.split } : {};
  if ("urls" in source) {
    const name = `urls of ${source.class}`;
    return { name, ...split, rows: inlineList(source.urls, { class: source.class }) };
  }
  return { ...(await openUpload(store, namespace, { name: source.upload, class: source.class })), ...split };
}
