// Bodies read from the socket: bounded in bytes and time, whole or as a stream. Nothing is buffered past its limit.
import type { IncomingMessage } from "node:http";
import { type Readable, Transform } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { ClientGone } from "./client-gone.ts";

/** A stream's client may pause, but not for longer than this. */
const IDLE_MS = 30_000;
/** A body that is kept whole in memory arrives within this: 20 MiB at 3 Mbit/s. */
const WHOLE_BODY_MS = 60_000;

export type BodyLimits = { maxBytes: number; idleMs?: number; wholeBodyMs?: number };

/**
 * @returns the body as a stream that errors with payload_too_large, request_timeout or ClientGone
 * @throws Problem payload_too_large at once when the request declares more than `maxBytes`
 */
export function streamBody(raw: IncomingMessage, { maxBytes, idleMs = IDLE_MS }: BodyLimits): Readable {
  if (Number(raw.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  let received = 0;
  const gate = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      idle.refresh();
      if (received > maxBytes) done(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  const idle = setTimeout(() => {
    // A slow reader is not a slow client.
    if (gate.writableNeedDrain) idle.refresh();
    else gate.destroy(tooSlow(`No byte of the body came for ${idleMs / 1000} s.`));
  }, idleMs);
  const onClose = () => raw.complete || gate.destroy(new ClientGone());
  raw.on("error", onClose).on("close", onClose);
  gate.on("close", () => {
    clearTimeout(idle);
    // What the client still sends is thrown away (for a while: see request-life.ts), so that it can read the answer.
    raw.off("close", onClose).unpipe(gate).resume();
  });
  return raw.pipe(gate);
}

/** @returns the whole body, at most `maxBytes` long */
export async function wholeBody(raw: IncomingMessage, limits: BodyLimits): Promise<Buffer<ArrayBuffer>> {
  const { wholeBodyMs = WHOLE_BODY_MS } = limits;
  const body = streamBody(raw, limits);
  const deadline = setTimeout(
    () => body.destroy(tooSlow(`The body was not complete after ${wholeBodyMs / 1000} s.`)),
    wholeBodyMs,
  );
  try {
    return Buffer.concat(await body.toArray());
  } finally {
    clearTimeout(deadline);
  }
}

/** The media type without its parameters, in lower case; undefined when none was sent. */
export const mediaTypeOf = (raw: IncomingMessage): string | undefined =>
  raw.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();

/** What curl calls a body unless it is told otherwise, whatever `--data-binary` sends. No route takes real forms of this type. */
const CURL_DEFAULT = "application/x-www-form-urlencoded";

/** The media type of a body that may be any bytes: no type (`curl -T`) and curl's default say nothing about them. */
export function rawMediaTypeOf(raw: IncomingMessage): string {
  const mediaType = mediaTypeOf(raw);
  return mediaType === undefined || mediaType === CURL_DEFAULT ? "application/octet-stream" : mediaType;
}

const tooSlow = (detail: string) => new Problem("request_timeout", detail);

function tooLarge(maxBytes: number): Problem {
  const limit = maxBytes >= 2 ** 20 ? `${Math.floor(maxBytes / 2 ** 20)} MiB` : `${maxBytes} bytes`;
  return new Problem("payload_too_large", `The body may have at most ${limit}.`, { extra: { maxBytes } });
}

/** What was read; JSON still has to pass its route's schema. */
export type ReadBody = { value: unknown; isJson: boolean };

export function unsupported(came: string | undefined, expected: readonly string[]): Problem {
  const what = came ? `got ${came.slice(0, 100)}` : "but none was sent";
  return new Problem("unsupported_media_type", `Expected the content type ${expected.join(" or ")}, ${what}.`);
}
