// Archives: what is written is read by others (Python's zipfile, in the test of the examples) and by us; what is broken is refused.
import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { readZip, writeZip, ZipError } from "./zip.ts";

const LIMITS = { maxEntries: 4, maxBytes: 1000 };
const text = (words: string) => new Uint8Array(Buffer.from(words));
const archive = (...names: string[]) =>
  Buffer.concat(writeZip(names.map((name) => ({ name, bytes: text(`the bytes of ${name}`) }))));
/** Made by Info-ZIP's rules by hand: one deflated file, and a comment at the end. */
function deflated(name: string, content: string, promised = content.length): Buffer {
  const packed = deflateRawSync(content);
  const stored = Buffer.concat(writeZip([{ name, bytes: text(content) }]));
  const local = stored.subarray(0, 30 + name.length);
  const central = stored.subarray(30 + name.length + content.length, -22);
  for (const [head, method, size] of [[local, 8, 18] as const, [central, 10, 20] as const]) {
    head.writeUInt16LE(8, method);
    head.writeUInt32LE(packed.length, size);
    head.writeUInt32LE(promised, size + 4);
  }
  const end = Buffer.from(stored.subarray(-22));
  end.writeUInt32LE(local.length + packed.length, 16);
  end.writeUInt16LE(2, 20);
  return Buffer.concat([local, packed, central, end, Buffer.from("hi")]);
}

test("what was written is read, empty files and names in any script included", () => {
  const entries = [
    { name: "a/model.json", bytes: text("{}") },
    { name: "медведь.txt", bytes: text("") },
  ];
  expect(
    readZip(Buffer.concat(writeZip(entries)), LIMITS).map(({ name, bytes }) => [name, String(Buffer.from(bytes))]),
  ).toEqual([
    ["a/model.json", "{}"],
    ["медведь.txt", ""],
  ]);
});

test("deflated files are read, also behind a comment", () => {
  const [entry] = readZip(deflated("x.txt", "bear ".repeat(50)), LIMITS);
  expect(Buffer.from(entry?.bytes ?? []).toString()).toBe("bear ".repeat(50));
});

test("a file that unpacks to more than it promises is not unpacked", () => {
  expect(() => readZip(deflated("bomb", "0".repeat(900), 10), LIMITS)).toThrow(/bomb is damaged/);
});

test("limits hold for what is unpacked, and for the number of files", () => {
  expect(() => readZip(deflated("large", "0".repeat(1001)), LIMITS)).toThrow(/1001 bytes, at most 1000/);
  expect(() => readZip(archive("a", "b", "c", "d", "e"), LIMITS)).toThrow(/5 entries/);
});

test("cut at any byte, or with any byte of its heads changed, it is refused or read right; nothing else happens", () => {
  const whole = archive("a", "b");
  const right = readZip(whole, LIMITS);
  for (let length = 0; length < whole.length; length += 1)
    expect(() => readZip(whole.subarray(0, length), LIMITS), `${length} bytes`).toThrow(ZipError);
  for (let at = 0; at < whole.length; at += 1) {
    const changed = Buffer.from(whole);
    changed.writeUInt8((changed.readUInt8(at) + 1) % 256, at);
    const read = attempt(changed);
    if (read)
      expect(
        read.map(({ bytes }) => bytes),
        `byte ${at}`,
      ).toEqual(right.map(({ bytes }) => bytes));
  }
});

function attempt(bytes: Uint8Array) {
  try {
    return readZip(bytes, LIMITS);
  } catch (error) {
    expect(error).toBeInstanceOf(ZipError);
    return undefined;
  }
}
