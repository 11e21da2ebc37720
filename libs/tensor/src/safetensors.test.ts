import { describe, expect, test } from "vitest";
import { assertFinite, readSafetensors, SafetensorsError, widenHalf, writeSafetensors } from "./safetensors.ts";

/** A file as a hostile or careless writer would make it. */
function file(header: unknown, dataBytes = 0, headerLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
  out.set(json, 8);
  return out;
}

const tensor = (begin: number, end: number, other: { shape?: number[]; dtype?: string } = {}) => ({
  dtype: "F32",
  shape: [(end - begin) / 4],
  ...other,
  data_offsets: [begin, end],
});

describe("reading and writing", () => {
  test("what is written is read back, and equal contents are equal bytes", () => {
    const a = { shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) };
    const b = { shape: [], data: new Float32Array([-0.5]) };
    const bytes = writeSafetensors(
      new Map([
        ["b", b],
        ["a", a],
      ]),
      { note: "x" },
    );
    expect(bytes).toEqual(
      writeSafetensors(
        new Map([
          ["a", a],
          ["b", b],
        ]),
        { note: "x" },
      ),
    );
    const { tensors, metadata } = readSafetensors(bytes);
    expect(tensors.get("a")).toEqual(a);
    expect(tensors.get("b")).toEqual(b);
    expect(metadata).toEqual({ note: "x" });
  });

  test("a Node buffer inside a pool is read like any other bytes", () => {
    const bytes = writeSafetensors(new Map([["a", { shape: [3], data: new Float32Array([1, 2, 3]) }]]));
    const pooled = Buffer.concat([Buffer.from([0]), bytes]).subarray(1);
    expect(readSafetensors(pooled).tensors.get("a")?.data).toEqual(new Float32Array([1, 2, 3]));
  });

  test("half floats become the floats they stand for", () => {
    const values = [0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555].map(widenHalf);
    expect(values.slice(0, 6)).toEqual([0, 1, -2, 65504, 2 ** -24, 2 ** -14]);
    expect(values[6]).toBe(1365 / 4096);
    expect([0x7c00, 0xfc00].map(widenHalf)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(widenHalf(0x7e00)).toBeNaN();
  });
});

describe("a file that does not add up is refused", () => {
  const refused: Record<string, [Uint8Array, string]> = {
    "shorter than its length field": [new Uint8Array(5), "at least 8 bytes"],
    "a header length of 2^63": [file({}, 0, 2n ** 63n), "it is of another format"],
    "a header longer than the file": [file({}, 0, 1000n), "a header of 1000 bytes, and it ends before; it was cut off"],
    "a header that is no JSON": [file("{oops"), "a JSON header"],
    "a header that is a list": [file([]), "a JSON object"],
    "the same key twice": [
      file(`{"a":${JSON.stringify(tensor(0, 4))},"a":${JSON.stringify(tensor(0, 4))}}`, 4),
      "once",
    ],
    "overlapping tensors": [file({ a: tensor(0, 8), b: tensor(4, 12) }, 12), "to start at byte 8"],
    "a gap between tensors": [file({ a: tensor(0, 4), b: tensor(8, 12) }, 12), "to start at byte 4"],
    "bytes after the last tensor": [file({ a: tensor(0, 4) }, 8), "to cover 8 bytes"],
    "a cut off tensor": [file({ a: tensor(0, 8) }, 4), "to cover 4 bytes"],
    "offsets the wrong way round": [file({ a: tensor(4, 0, { shape: [0] }) }, 4), "bytes for a"],
    "a shape that does not match its bytes": [file({ a: tensor(0, 8, { shape: [3] }) }, 8), "12 bytes for a"],
    "a shape that overflows": [
      file({ a: tensor(0, 4, { shape: [4194305, 4194305, 4194305] }) }, 4),
      "does not overflow",
    ],
    "a negative size": [file({ a: tensor(0, 4, { shape: [-1] }) }, 4), "non-negative"],
    "a fractional size": [file({ a: tensor(0, 4, { shape: [0.5] }) }, 4), "non-negative"],
    "an unknown type": [file({ a: tensor(0, 4, { shape: [1], dtype: "F8" }) }, 4), "dtype F16 or F32"],
    "a type from the prototype": [
      file({ a: tensor(0, 4, { shape: [1], dtype: "constructor" }) }, 4),
      "dtype F16 or F32",
    ],
    "metadata that is no text": [file({ __metadata__: { a: 1 } }), "text for metadata"],
    "too many tensors": [
      file(Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [`t${i}`, tensor(0, 0, { shape: [0] })]))),
      "at most 100000",
    ],
  };
  for (const [what, [bytes, message]] of Object.entries(refused)) {
    test(what, () => {
      expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
      expect(() => readSafetensors(bytes)).toThrow(message);
    });
  }

  test("weights that are no numbers, where numbers are asked for", () => {
    const bytes = writeSafetensors(new Map([["w", { shape: [2], data: new Float32Array([1, Number.NaN]) }]]));
    expect(() => assertFinite(readSafetensors(bytes).tensors)).toThrow("NaN or infinity in w");
  });
});
