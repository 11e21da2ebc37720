// The body of a request, read the way its route describes it.
import type { IncomingMessage } from "node:http";
import type { RouteBody } from "@ursa/contracts/route";
import { parseJson } from "./parse-json.ts";
import { readPicture } from "./read-picture.ts";
import { mediaTypeOf, type ReadBody, rawMediaTypeOf, streamBody, unsupported, wholeBody } from "./request-body.ts";

/**
 * @param maxJsonBytes limit of JSON bodies; the others have theirs in the route table
 * @throws Problem malformed_body, payload_too_large, unsupported_media_type, request_timeout
 */
export async function readBody(raw: IncomingMessage, body: RouteBody, maxJsonBytes: number): Promise<ReadBody> {
  if (body.kind === "picture") return readPicture(raw, body.maxBytes, maxJsonBytes);
  if (body.kind === "json") {
    const mediaType = mediaTypeOf(raw);
    if (mediaType !== "application/json") throw unsupported(mediaType, ["application/json"]);
    return { value: parseJson(await wholeBody(raw, { maxBytes: maxJsonBytes })), isJson: true };
  }
  const contentType = rawMediaTypeOf(raw);
  if (!body.contentTypes.includes(contentType)) throw unsupported(contentType, body.contentTypes);
  return { value: { stream: streamBody(raw, { maxBytes: body.maxBytes }), contentType }, isJson: false };
}
