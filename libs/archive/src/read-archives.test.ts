// What is read of an archive, and what is refused. The archives are built byte by byte here; Python's zipfile and tarfile read them too.
import { Readable } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { type PackedFile, tarOf, zipOf } from "@ursa/testing/archives";
import { describe, expect, test } from "vitest";
import type { ListedFile } from "./listed-file.ts";
import { readTar } from "./read-tar.ts";
import { readZip } from "./read-zip.ts";
import { EntryDamaged, unpackEntry } from "./unpack-entry.ts";

const PICTURE = Buffer.from("a picture, say. ".repeat(300));
const sourceOf = (bytes: Buffer) => ({
  size: bytes.length,
  read: async (start: number, end: number) => bytes.subarray(start, end),
});
const zipped = (files: PackedFile[]) => readZip(sourceOf(zipOf(files)), "bears.zip");
const tarred = (files: PackedFile[]) => readTar(Readable.from([tarOf(files)]), "bears.tar");
const unpacked = (archive: Buffer, { place }: ListedFile) =>
  unpackEntry(archive.subarray(place.start, place.end), place);

async function refusalOf(call: Promise<unknown>): Promise<Problem> {
  const error: unknown = await call.then(
    () => new Error("nothing was refused"),
    (reason) => reason,
  );
  if (error instanceof Problem) return error;
  throw error;
}

describe("a zip", () => {
  const files = [
    { name: "bears/" },
    { name: "bears/black/1.jpg", bytes: PICTURE },
    { name: "bears/black/2.jpg", bytes: PICTURE.subarray(1), method: 8 },
    { name: "bears/teddy/é.jpg" },
  ];

  test("tells where each file lies, stored or deflated, and its bytes are there", async () => {
    const archive = zipOf(files);
    const found = await readZip(sourceOf(archive), "bears.zip");
    expect(found.map(({ path }) => path)).toEqual(["bears/black/1.jpg", "bears/black/2.jpg", "bears/teddy/é.jpg"]);
    const bytes = await Promise.all(found.map((file) => unpacked(archive, file)));
    expect(bytes).toEqual([PICTURE, PICTURE.subarray(1), Buffer.alloc(0)]);
  });

  test("is read through a window, so that a directory of many files is few reads", async () => {
    const archive = zipOf(
      Array.from({ length: 20_000 }, (_, n) => ({ name: `black/${n}.jpg`, bytes: Buffer.from([n]) })),
    );
    let reads = 0;
    const source = {
      ...sourceOf(archive),
      async read(start: number, end: number) {
        reads += 1;
        return archive.subarray(start, end);
      },
    };
    expect(await readZip(source, "many.zip")).toHaveLength(20_000);
    expect(reads).toBeLessThan(12);
  });

  test("may come from Windows, with its slashes, and a link is told from a file", async () => {
    const found = await zipped([{ name: "black\\1.jpg" }, { name: "black/2.jpg", mode: 0o120777 }]);
    expect(found).toMatchObject([
      { path: "black/1.jpg", isLink: false },
      { path: "black/2.jpg", isLink: true },
    ]);
  });

  test.each<[string, PackedFile[], string]>([
    ["leaves its folder", [{ name: "../../etc/passwd" }], "../../etc/passwd"],
    ["leaves its folder on the way", [{ name: "a/../../b.jpg" }], "a/../../b.jpg"],
    ["is absolute", [{ name: "/etc/passwd" }], "/etc/passwd"],
    ["is of a Windows drive", [{ name: "C:\\x.jpg" }], "C:/x.jpg"],
    ["has a control character", [{ name: "black/\u0000.jpg" }], "expected plain relative names"],
    ["has no end", [{ name: "x".repeat(2000) }], "expected plain relative names"],
    ["is encrypted", [{ name: "1.jpg", flags: 1 }], "without a password"],
    ["is strongly encrypted", [{ name: "1.jpg", flags: 0x41 }], "encryption"],
    ["is compressed in another way", [{ name: "1.jpg", method: 14 }], "method 14"],
    [
      "overlaps another",
      [
        { name: "1.jpg", bytes: PICTURE },
        { name: "2.jpg", bytes: PICTURE, offset: 0 },
      ],
      "overlap",
    ],
    ["ends behind the archive", [{ name: "1.jpg", bytes: PICTURE, offset: 4900 }], "overlap or end behind"],
    ["is far larger than it can be", [{ name: "1.jpg", bytes: PICTURE, method: 8, size: 2 ** 31 }], "100 times"],
  ])("with a file that %s is refused as a whole", async (_, given, told) => {
    const refusal = await refusalOf(zipped(given));
    expect(refusal.code).toBe("bad_archive");
    expect(refusal.message).toContain(told);
    expect(refusal.message).toMatch(/^bears\.zip .*; /);
  });

  test.each([10, 500, 5000])("that is cut short at %i bytes is refused", async (bytes) => {
    const refusal = await refusalOf(readZip(sourceOf(zipOf(files).subarray(0, bytes)), "bears.zip"));
    expect(refusal).toMatchObject({ code: "bad_archive", message: expect.stringContaining("upload it again") });
  });

  test("of a million files is refused by what its end says, before they are read", async () => {
    const archive = zipOf(files);
    // Zip64 is needed for so many; the most that a plain end record can say is fewer than the limit.
    const many = zipOf(Array.from({ length: 60_000 }, (_, n) => ({ name: String(n) })));
    expect(await readZip(sourceOf(many), "many.zip")).toHaveLength(60_000);
    const refusal = await refusalOf(readZip(sourceOf(asZip64(archive, 1_000_000)), "huge.zip"));
    expect(refusal).toMatchObject({ code: "payload_too_large", message: expect.stringContaining("250000 entries") });
  });

  test("that the store cannot give is not called bad", async () => {
    const away = new Error("the store is away");
    const read = () => Promise.reject(away);
    await expect(readZip({ size: 5000, read }, "bears.zip")).rejects.toBe(away);
  });

  test("whose directory lies about a file does not get more out of it than it promises", async () => {
    const bomb = zipOf([{ name: "1.jpg", bytes: Buffer.alloc(50_000_000), method: 8, size: 1000 }]);
    const [file] = await readZip(sourceOf(bomb), "bomb.zip");
    if (!file) throw new Error("no file was found");
    await expect(unpacked(bomb, file)).rejects.toThrow(EntryDamaged);
    const torn = zipOf([{ name: "1.jpg", bytes: PICTURE }]);
    torn.writeUInt8(0x62, 40);
    await expect(unpacked(torn, { ...file, place: { ...file.place, end: torn.length } })).rejects.toThrow(EntryDamaged);
  });
});

describe("a tar", () => {
  test("tells where each file lies; links and devices are told from files", async () => {
    const archive = tarOf([
      { name: "./black/", type: "5" },
      { name: "./black/1.jpg", bytes: PICTURE },
      { name: "black/link.jpg", type: "2" },
      { name: "black/hard.jpg", type: "1" },
      { name: "black/device", type: "3" },
      { name: "teddy/2.jpg", bytes: PICTURE.subarray(7) },
    ]);
    const found = await readTar(Readable.from([archive.subarray(0, 700), archive.subarray(700)]), "bears.tar");
    expect(found.map(({ path, isLink }) => [path, isLink])).toEqual([
      ["black/1.jpg", false],
      ["black/link.jpg", true],
      ["black/hard.jpg", true],
      ["black/device", true],
      ["teddy/2.jpg", false],
    ]);
    expect(await unpacked(archive, found[0] as ListedFile)).toEqual(PICTURE); // Five were found.
    expect(await unpacked(archive, found[4] as ListedFile)).toEqual(PICTURE.subarray(7)); // As above.
  });

  test.each([
    ["leaves its folder", tarOf([{ name: "../x" }]), "../x"],
    ["is absolute", tarOf([{ name: "/x" }]), "/x"],
  ])("with a file that %s is refused as a whole", async (_, archive, told) => {
    const refusal = await refusalOf(readTar(Readable.from([archive]), "bears.tar"));
    expect(refusal).toMatchObject({ code: "bad_archive", message: expect.stringContaining(told) });
  });

  test.each([300, 700, 2000])("that is cut short at %i bytes is refused", async (bytes) => {
    const archive = tarOf([{ name: "black/1.jpg", bytes: PICTURE }]).subarray(0, bytes);
    const refusal = await refusalOf(readTar(Readable.from([archive]), "bears.tar"));
    expect(refusal).toMatchObject({ code: "bad_archive", message: expect.stringContaining("bears.tar") });
  });

  test("that is none is refused", async () => {
    const refusal = await refusalOf(readTar(Readable.from([Buffer.alloc(4096, "no tar")]), "bears.tar"));
    expect(refusal.code).toBe("bad_archive");
  });

  test("of very many files is refused", async () => {
    const [block] = [tarOf([{ name: "a/1.jpg" }]).subarray(0, 512)];
    const endless = (function* () {
      for (let n = 0; n < 1000; n += 1) yield Buffer.concat(Array.from({ length: 300 }, () => block));
    })();
    expect(await refusalOf(readTar(Readable.from(endless), "many.tar"))).toMatchObject({ code: "payload_too_large" });
  });

  test("that the store cannot give is not called bad", async () => {
    const away = new Error("the store is away");
    const stream = new Readable({
      read() {
        this.destroy(away);
      },
    });
    await expect(readTar(stream, "bears.tar")).rejects.toBe(away);
  });

  test("is the same as a zip of the same files", async () => {
    const files = [{ name: "black/1.jpg", bytes: PICTURE }];
    const [[one], [other]] = [await zipped(files), await tarred(files)];
    expect(one?.path).toBe(other?.path);
    expect(one?.place.bytes).toBe(other?.place.bytes);
  });
});

/** The same archive with a zip64 end record that claims so many entries. APPNOTE 4.3.14 and 4.3.15. */
function asZip64(archive: Buffer, entries: number): Buffer {
  const end = archive.subarray(archive.length - 22);
  const [size, start] = [end.readUInt32LE(12), end.readUInt32LE(16)];
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(entries), 24);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(archive.length - 22), 8);
  locator.writeUInt32LE(1, 16);
  const plain = Buffer.from(end);
  plain.writeUInt16LE(0xffff, 8);
  plain.writeUInt16LE(0xffff, 10);
  return Buffer.concat([archive.subarray(0, archive.length - 22), record, locator, plain]);
}
