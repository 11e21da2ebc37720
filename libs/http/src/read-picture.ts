// A picture in a request: raw bytes, the part `file` of a multipart form, or JSON that names its URL.
import type { IncomingMessage } from "node:http";
import { Problem } from "@ursa/contracts/problem";
import { parseJson } from "./parse-json.ts";
import { type ReadBody, rawMediaTypeOf, unsupported, wholeBody } from "./request-body.ts";
import { invalidRequest } from "./request-faults.ts";

/** Boundaries and part headers around the picture. */
const MULTIPART_OVERHEAD_BYTES = 64 * 1024;

export async function readPicture(raw: IncomingMessage, maxBytes: number, maxJsonBytes: number): Promise<ReadBody> {
  const mediaType = rawMediaTypeOf(raw);
  if (mediaType === "application/json")
    return { value: parseJson(await wholeBody(raw, { maxBytes: maxJsonBytes })), isJson: true };
  if (mediaType === "multipart/form-data") {
    const form = await wholeBody(raw, { maxBytes: maxBytes + MULTIPART_OVERHEAD_BYTES });
    return picture(await fileOf(form, raw.headers["content-type"] ?? ""));
  }
  if (mediaType !== "application/octet-stream" && !mediaType.startsWith("image/"))
    throw unsupported(mediaType, ["image/*", "application/octet-stream", "multipart/form-data", "application/json"]);
  return picture(await wholeBody(raw, { maxBytes }));
}

function picture(bytes: Buffer<ArrayBuffer>): ReadBody {
  if (bytes.length === 0)
    throw invalidRequest([{ in: "body", path: "", message: "expected a picture, but it is empty" }]);
  return { value: { bytes }, isJson: false };
}

async function fileOf(form: Buffer<ArrayBuffer>, contentType: string): Promise<Buffer<ArrayBuffer>> {
  const fields = await parseForm(form, contentType);
  const unknown = [...fields.keys()].filter((name) => name !== "file");
  const files = fields.getAll("file");
  const [file] = files;
  if (unknown.length > 0)
    throw invalidRequest(
      unknown.map((name) => ({ in: "body", path: name, message: "unknown part; expected only file" })),
    );
  if (files.length !== 1 || !(file instanceof File))
    throw invalidRequest([{ in: "body", path: "file", message: "expected one part named file that holds a file" }]);
  return Buffer.from(await file.arrayBuffer());
}

/** Node's own parser for multipart forms sits behind Response. */
async function parseForm(form: Buffer<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(form, { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw new Problem("malformed_body", "The body is not the multipart form that its content type says.", { cause });
  }
}
