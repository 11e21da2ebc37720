// URL lists as a request names them: inline, or an upload. An upload is opened when its turn comes, so that a thousand of them
// are not a thousand open files, and none stays open when an earlier one is refused.
import { Readable } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { type ListDescription, type ListedUrl, parseUrlList } from "@ursa/dataset/url-list";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";

export const inlineList = (urls: readonly string[], list: ListDescription): AsyncIterable<ListedUrl> =>
  parseUrlList(Readable.from([urls.join("\n")]), list);

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
