// A process of a test's own that lists one archive of very many entries, and says what that took. `node … zip 1000000`
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { tarOf } from "@ursa/testing/archives";
import type { ByteSource, ListedFile } from "./listed-file.ts";
import { readTar } from "./read-tar.ts";
import { readZip } from "./read-zip.ts";

/** `bytes`: read of the archive. `peakMb`: most memory of the process, with Node's own. */
export type Told = { files?: number; code?: string; message?: string; bytes: number; ms: number; peakMb: number };

const NAME_BYTES = 13;
const nameOf = (n: number) => `a/${String(n).padStart(7, "0")}.jpg`;
const [LOCAL, CENTRAL] = [30 + NAME_BYTES, 46 + NAME_BYTES];

const read = { bytes: 0 };

/** Empty files. @param claims how many its end says that there are */
function zipOfMany(entries: number, claims: number): ByteSource {
  const [start, size] = [entries * LOCAL, entries * CENTRAL];
  const end = zip64End({ entries: claims, start, size });
  const directory = (from: number, to: number): Buffer => {
    const [first, last] = [Math.floor(from / CENTRAL), Math.ceil(to / CENTRAL)];
    const whole = Buffer.concat(Array.from({ length: last - first }, (_, n) => centralOf(first + n)));
    return whole.subarray(from - first * CENTRAL, to - first * CENTRAL);
  };
  return {
    size: start + size + end.length,
    async read(from, to) {
      read.bytes += to - from;
      const inDirectory = [Math.max(from, start), Math.min(to, start + size)] as const;
      return Buffer.concat([
        Buffer.alloc(Math.max(0, Math.min(to, start) - from)),
        inDirectory[0] < inDirectory[1] ? directory(inDirectory[0] - start, inDirectory[1] - start) : Buffer.alloc(0),
        end.subarray(Math.max(0, from - start - size), Math.max(0, to - start - size)),
      ]);
    },
  };
}

function centralOf(n: number): Buffer {
  const entry = Buffer.alloc(CENTRAL);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 6);
  entry.writeUInt16LE(NAME_BYTES, 28);
  entry.writeUInt32LE(n * LOCAL, 42);
  entry.write(nameOf(n), 46);
  return entry;
}

/** APPNOTE 4.3.14 to 4.3.16. */
function zip64End({ entries, start, size }: { entries: number; start: number; size: number }): Buffer {
  const end = Buffer.alloc(98);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) end.writeBigUInt64LE(BigInt(entries), at);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(start + size), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  for (const at of [84, 86]) end.writeUInt16LE(0xffff, at);
  for (const at of [88, 92]) end.writeUInt32LE(0xffff_ffff, at);
  return end;
}

function* tarOfMany(entries: number, entryOf: (n: number) => Buffer): Generator<Buffer> {
  for (let n = 0; n < entries; n += 100) {
    const chunk = Buffer.concat(Array.from({ length: Math.min(100, entries - n) }, (_, at) => entryOf(n + at)));
    read.bytes += chunk.length;
    yield chunk;
  }
  yield Buffer.alloc(1024);
}

const withoutEnd = (tar: Buffer) => tar.subarray(0, -1024);
const file = (n: number) => withoutEnd(tarOf([{ name: nameOf(n) }]));
const pax = (type: "x" | "g", fields: string) => withoutEnd(tarOf([{ name: "pax", type, bytes: Buffer.from(fields) }]));
const field = (name: string, value: string) => {
  const rest = ` ${name}=${value}\n`;
  // Its length, that of the number itself included.
  const length = [1, 2, 3]
    .map((digits) => rest.length + digits)
    .find((all) => String(all).length === all - rest.length);
  return `${length}${rest}`;
};
const manyFields = () => Array.from({ length: 200_000 }, (_, n) => field(`k${n}`, "v")).join("");

const ARCHIVES: Record<string, (entries: number) => Promise<ListedFile[]>> = {
  zip: (entries) => readZip(zipOfMany(entries, entries), "many.zip"),
  // Whose end says that there are as many as may be, and whose directory has four times as many.
  "lying-zip": (entries) => readZip(zipOfMany(entries, entries / 4), "many.zip"),
  tar: (entries) => tarred(tarOfMany(entries, file)),
  "long-names": (entries) =>
    tarred(tarOfMany(entries, (n) => Buffer.concat([pax("x", field("path", `${"b/".repeat(200)}${n}.jpg`)), file(n)]))),
  "headers-alone": (entries) => tarred(tarOfMany(entries, () => pax("x", field("path", "a/b.jpg")))),
  // What is said of all files at the beginning, and then a header of its own for each.
  "many-attributes": (entries) =>
    tarred(
      tarOfMany(entries, (n) =>
        n === 0 ? pax("g", manyFields()) : Buffer.concat([pax("x", field("path", nameOf(n))), file(n)]),
      ),
    ),
  // Headers that no file follows.
  "many-attributes-alone": (entries) =>
    tarred(tarOfMany(entries, (n) => (n === 0 ? pax("g", manyFields()) : pax("x", field("path", nameOf(n)))))),
  "many-of-one-file": (entries) => tarred(tarOfMany(entries, (n) => Buffer.concat([pax("x", manyFields()), file(n)]))),
};

const tarred = (chunks: Iterable<Buffer>) => readTar(Readable.from(chunks), "many.tar");

const [kind = "", entries = ""] = process.argv.slice(2);
const started = performance.now();
const outcome = await ARCHIVES[kind]?.(Number(entries)).then(
  ({ length: files }) => ({ files }),
  (error: unknown) => {
    if (error instanceof Problem) return { code: error.code, message: error.message };
    throw error;
  },
);
const ms = Math.round(performance.now() - started);
const peakMb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;
console.log(JSON.stringify({ ...outcome, bytes: read.bytes, ms, peakMb } satisfies Told));
