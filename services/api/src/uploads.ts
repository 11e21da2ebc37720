// PUT /v1/uploads/{name}: a URL list, or an archive of pictures, is streamed into the store; a web page or an empty file is refused before
// it can surprise anyone.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { isArchiveName, MAX_ARCHIVE_BYTES } from "@ursa/contracts/archive";
import { Problem } from "@ursa/contracts/problem";
import { MAX_LIST_BYTES } from "@ursa/contracts/routes/datasets";
import { assertIsList } from "@ursa/dataset/url-list";
import { expectedBytes } from "@ursa/http/byte-budget";
import type { Handlers } from "@ursa/http/server";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import type { Dependencies } from "./dependencies.ts";
import { putArchive, type Sent, type Upload } from "./put-archive.ts";

/** Comments and blank lines may come first; a list that hides its first URL behind more of them is looked at when it is read. */
const MAX_BEGINNING_BYTES = 16 * 1024;
/** As much of the first line as tells a web page (`<!doctype`) from a URL in angle brackets (`<https:`). */
const TELLING_CHARACTERS = 8;

export function uploadHandlers({ store, quotas }: Dependencies): Handlers {
  return {
    async putUpload({ params: { name }, body, request }) {
      const upload = { namespace: request.namespace, name, stream: body.stream };
      const isArchive = isArchiveName(name);
      const most = expectedBytes(request, isArchive ? MAX_ARCHIVE_BYTES : MAX_LIST_BYTES);
      try {
        const { sha256, bytes } = await quotas.storing(request, most, async () => {
          const answer = await (isArchive ? putArchive : putList)(store, upload);
          return { answer, stored: answer.stored };
        });
        return { name, bytes, sha256 };
      } finally {
        body.stream.destroy();
      }
    },
  };
}

async function putList(store: ObjectStore, { namespace, name, stream }: Upload): Promise<Sent> {
  const hash = createHash("sha256");
  const bytes = async function* () {
    for await (const chunk of checkedList(limited(stream), name)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  // The store keeps nothing of a stream that fails and passes its error on.
  const { size } = await store.put(keys.upload(namespace, name), Readable.from(bytes(), { objectMode: false }));
  return { bytes: size, stored: size, sha256: hash.digest("hex") };
}

/** What a list may have, which is less than an archive may. */
async function* limited(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const chunk of stream) {
    received += chunk.length;
    if (received > MAX_LIST_BYTES)
      throw new Problem("payload_too_large", `A list may have at most ${MAX_LIST_BYTES / 2 ** 20} MiB; cut it in two.`);
    yield chunk;
  }
}

/** The bytes as they come, held back until the first line that is no comment shows what they are. */
async function* checkedList(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let beginning: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (!beginning) {
      yield chunk;
      continue;
    }
    beginning = Buffer.concat([beginning, chunk]);
    if (beginning.length < MAX_BEGINNING_BYTES && firstLineOf(beginning).length < TELLING_CHARACTERS) continue;
    assertIsList(beginning.toString("utf8"), name);
    yield beginning;
    beginning = undefined;
  }
  // Still held back: this is all there is.
  if (!beginning) return;
  assertIsList(beginning.toString("utf8"), name);
  if (firstLineOf(beginning) === "")
    throw new Problem("list_is_empty", `The upload ${name} has no URLs: expected one per line.`);
  yield beginning;
}

/** Without byte order mark; "" while there is nothing but blank lines and comments. */
function firstLineOf(beginning: Buffer): string {
  const lines = beginning
    .toString("utf8")
    .split(/[\r\n]+/)
    .map((line) => line.trim());
  return lines.find((line) => line !== "" && !line.startsWith("#")) ?? "";
}
