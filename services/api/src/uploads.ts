// PUT /v1/uploads/{name}: a URL list is streamed into the store; a web page or an empty file is refused before it can surprise anyone.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { assertIsList } from "@ursa/dataset/url-list";
import type { Handlers } from "@ursa/http/server";
import { keys } from "@ursa/store/keys";
import type { Dependencies } from "./dependencies.ts";

/** Comments and blank lines may come first; a list that hides its first URL behind more of them is looked at when it is read. */
const MAX_BEGINNING_BYTES = 16 * 1024;
/** As much of the first line as tells a web page (`<!doctype`) from a URL in angle brackets (`<https:`). */
const TELLING_CHARACTERS = 8;

export function uploadHandlers({ store }: Dependencies): Handlers {
  return {
    async putUpload({ params, body, request }) {
      const hash = createHash("sha256");
      const bytes = async function* () {
        for await (const chunk of checkedList(body.stream, params.name)) {
          hash.update(chunk);
          yield chunk;
        }
      };
      try {
        // The store keeps nothing of a stream that fails and passes its error on.
        const upload = Readable.from(bytes(), { objectMode: false });
        const { size } = await store.put(keys.upload(request.namespace, params.name), upload);
        return { name: params.name, bytes: size, sha256: hash.digest("hex") };
      } finally {
        body.stream.destroy();
      }
    },
  };
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
