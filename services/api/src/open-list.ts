// URL lists as a request names them: inline, or an upload. An upload is opened when its turn comes, so that a thousand of them
// are not a thousand open files, and none stays open when an earlier one is refused.
import type { DatasetSource } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import type { PlanSource } from "@ursa/dataset/plan-dataset";
import { type ListDescription, type ListedUrl, parseUrlList } from "@ursa/dataset/url-list";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";

/** Exactly one row per element, in order, whatever it holds: this is no file, so nothing in it is a header or a comment. */
export async function* inlineList(urls: readonly string[], list: { class: string }): AsyncGenerator<ListedUrl> {
  for (const [index, url] of urls.entries()) yield { class: list.class, url: shownOnOneLine(url), line: index + 1 };
}

// URL parsers drop line breaks and tabs, which would make one address of two that stand in one element. Quoted, it is a URL to none.
const shownOnOneLine = (url: string) => (/[\t\n\r]/.test(url.trim()) ? JSON.stringify(url) : url.trim());

/** @throws Problem upload_not_found, list_is_html, list_is_empty, invalid_request; each names the list */
export async function* uploadedList(
  store: ObjectStore,
  namespace: string,
  list: ListDescription,
): AsyncGenerator<ListedUrl> {
  const { name } = list;
  const { body } = await store.stream(keys.upload(namespace, name)).catch((cause) => {
    if (!(cause instanceof ObjectNotFound)) throw cause;
    throw new Problem("upload_not_found", `No upload is named ${name}; PUT it to /v1/uploads/${name} first.`, {
      cause,
    });
  });
  yield* parseUrlList(body, list);
}

/** A list as a dataset is made from, or added to. */
export function openSource(store: ObjectStore, namespace: string, source: DatasetSource): PlanSource {
  const split = source.split ? { split: source.split } : {};
  if ("urls" in source) {
    const name = `urls of ${source.class}`;
    return { name, ...split, rows: inlineList(source.urls, { class: source.class }) };
  }
  const name = source.upload;
  return { name, ...split, rows: uploadedList(store, namespace, { name, class: source.class }) };
}
