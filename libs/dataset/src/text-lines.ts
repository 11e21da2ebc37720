// Text as people save it, cut into lines: UTF-8 or UTF-16 by its byte order mark; LF, CRLF or CR.
import { TextDecoder } from "node:util";
import { Problem } from "@ursa/contracts/problem";

export type TextSource = string | AsyncIterable<Uint8Array | string>;

/** Characters. A whole list that a browser escaped into one line is some 100 kB. */
const MAX_LINE = 4 * 1024 * 1024;

/**
 * Yields every line without its ending; memory holds one line and one chunk.
 * @throws Problem invalid_request for bytes that are not text and for a line above 4 Mi characters; `name` is said in both
 */
export async function* textLines(source: TextSource, name: string): AsyncGenerator<string> {
  let rest = "";
  for await (const text of decoded(source)) {
    if (text.includes("\0")) throw unreadable(`${name} is not text`);
    // A final CR waits for the next chunk, which may begin with its LF.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE) throw unreadable(`${name} has a line above ${MAX_LINE} characters`);
    yield* lines;
  }
  if (rest.endsWith("\r")) rest = rest.slice(0, -1);
  if (rest !== "") yield rest;
}

const unreadable = (fault: string) =>
  new Problem("invalid_request", `${fault}: expected one URL per line; save the list as plain UTF-8 text`);

async function* decoded(source: TextSource): AsyncGenerator<string> {
  if (typeof source === "string") return yield source.replace(/^\uFEFF/, "");
  let head = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  for await (const chunk of source) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    // The byte order mark may come in pieces.
    const known = decoder ? bytes : Buffer.concat([head, bytes]);
    if (!decoder) head = Buffer.from(known);
    if (!decoder && known.length < 3) continue;
    decoder ??= new TextDecoder(encodingOf(known));
    yield decoder.decode(known, { stream: true });
  }
  yield decoder ? decoder.decode() : new TextDecoder().decode(head);
}

function encodingOf(head: Uint8Array): string {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  return head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : "utf-8";
}
