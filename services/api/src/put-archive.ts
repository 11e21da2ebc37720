// An archive of pictures on its way into the store. Its bytes get a name of their own, and the upload says which: a dataset that was
// made of them keeps them when the upload is replaced.
import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { checkUnpackedBytes } from "@ursa/archive/listed-file";
import type { ArchivePointer } from "@ursa/contracts/archive";
import { Problem } from "@ursa/contracts/problem";
import { randomToken } from "@ursa/contracts/random-token";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";

export type Upload = { namespace: string; name: string; stream: Readable };
/** `bytes` and `sha256` are of what was sent, `stored` are the bytes that it became: more, of a compressed tar. */
export type Sent = { bytes: number; stored: number; sha256: string };

/** What a compressed tar may become: photographs hardly shrink. */
const MAX_RATIO = 100;
const ALWAYS_FINE_BYTES = 2 ** 20;

/** A tar that is compressed is expanded once, here, so that each picture can be read by itself later. @throws Problem bad_archive */
export async function putArchive(store: ObjectStore, { namespace, name, stream }: Upload): Promise<Sent> {
  const archive = randomToken();
  const hash = createHash("sha256");
  const sent = { bytes: 0 };
  const counted = async function* () {
    for await (const chunk of checkedBeginning(stream, name)) {
      sent.bytes += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  };
  const isCompressed = /gz$/i.test(name);
  const bytes = isCompressed ? expanded(Readable.from(counted(), { objectMode: false }), { name, sent }) : counted();
  const { size } = await store.put(keys.archive(namespace, archive), Readable.from(bytes, { objectMode: false }));
  const pointer: ArchivePointer = { archive, format: /zip$/i.test(name) ? "zip" : "tar", bytes: size };
  await store.put(keys.upload(namespace, name), JSON.stringify(pointer));
  return { bytes: sent.bytes, stored: size, sha256: hash.digest("hex") };
}

/** What an archive begins with, in hexadecimal digits. */
const [ZIP, EMPTY_ZIP, GZIP] = ["504b0304", "504b0506", "1f8b"] as const;
const MARKS = [
  { ending: /\.zip$/i, what: "zip", is: (head: string) => head.startsWith(ZIP) || head.startsWith(EMPTY_ZIP) },
  { ending: /gz$/i, what: "gzip", is: (head: string) => head.startsWith(GZIP) },
  // What was packed before POSIX has no mark of its own; what is no tar at all is told when it is read.
  { ending: /\.tar$/i, what: "tar", is: (head: string) => !head.startsWith(ZIP) && !head.startsWith(GZIP) },
];
const MARK_BYTES = 4;

/** The bytes as they come, the first of them held back until they show whether this is what its name says. */
async function* checkedBeginning(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  let isChecked = false;
  for await (const chunk of stream) {
    if (isChecked) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < MARK_BYTES) continue;
    checkMark(head.toString("hex", 0, MARK_BYTES), name);
    isChecked = true;
    yield head;
  }
  if (isChecked) return;
  throw new Problem("bad_archive", `${name} is ${head.length > 0 ? "cut short" : "empty"}; upload it again.`);
}

function checkMark(head: string, name: string): void {
  const mark = MARKS.find(({ ending }) => ending.test(name));
  if (!mark || mark.is(head)) return;
  throw new Problem("bad_archive", `${name} is no ${mark.what}, which its name promises; name it by what it is.`);
}

type Compressed = { name: string; sent: { bytes: number } };

async function* expanded(stream: Readable, { name, sent }: Compressed): AsyncGenerator<Buffer> {
  let failure: unknown;
  stream.on("error", (error) => {
    failure = error;
  });
  // The generator below sees to the error.
  const plain = pipeline(stream, createGunzip(), () => {});
  try {
    yield* bounded(plain, { name, sent });
  } catch (cause) {
    if (failure) throw failure;
    if (cause instanceof Problem) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Problem("bad_archive", `${name} cannot be unpacked: ${reason}; upload it again.`, { cause });
  }
}

async function* bounded(plain: AsyncIterable<Buffer>, { name, sent }: Compressed): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of plain) {
    bytes += chunk.length;
    checkUnpackedBytes(name, bytes);
    if (bytes > ALWAYS_FINE_BYTES + MAX_RATIO * sent.bytes) throw bomb(name);
    yield chunk;
  }
}

const bomb = (name: string) =>
  new Problem("bad_archive", `${name} unpacks to more than ${MAX_RATIO} times its size; no pictures do that.`);
