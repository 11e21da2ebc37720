// PUT /v1/uploads/{name}: a URL list is streamed into the store; a web page or an empty file is refused before it can surprise anyone.
import { createHash } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem } from "@ursa/contracts/problem";
import { assertIsList } from "@ursa/dataset/url-list";
import type { Handlers } from "@ursa/http/server";
import { keys } from "@ursa/store/keys";
import type { Dependencies } from "./dependencies.ts";

export function uploadHandlers({ store }: Dependencies): Handlers {
  return {
    async putUpload({ params, body, request }) {
      const key = keys.upload(request.namespace, params.name);
      const { bytes, sha256, checked } = measured(body.stream, params.name);
      const [info] = await Promise.all([store.put(key, bytes), checked]);
      return { name: params.name, bytes: info.size, sha256: sha256() };
    },
  };
}

/** The stream with its sha256 taken on the way; it fails when its beginning is not that of a URL list. */
function measured(stream: Readable, name: string): { bytes: Readable; sha256: () => string; checked: Promise<void> } {
  const hash = createHash("sha256");
  const bytes = new PassThrough();
  let size = 0;
  const checked = pipeline(
    stream,
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        if (size === 0) assertIsList(chunk.toString("utf8"), name);
        size += chunk.length;
        hash.update(chunk);
        yield chunk;
      }
      if (size === 0) throw new Problem("list_is_empty", `The upload ${name} has no bytes.`);
    },
    bytes,
  );
  return { bytes, sha256: () => hash.digest("hex"), checked };
}
