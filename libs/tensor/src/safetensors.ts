// Reads and writes safetensors. Reading believes nothing: every number in the header is checked before it is used.
// Format: 8 bytes little-endian header length, a JSON header, then the tensors back to back.

export type StoredTensor = { shape: readonly number[]; data: Float32Array };
export type StoredTensors = ReadonlyMap<string, StoredTensor>;
export type SafetensorsFile = { tensors: Map<string, StoredTensor>; metadata: Record<string, string> };

export class SafetensorsError extends Error {
  override name = "SafetensorsError";
}

// The limits of the reference implementation; the count is ours (the largest backbone has under 1,000 tensors).
const MAX_HEADER_BYTES = 100_000_000;
const MAX_TENSORS = 100_000;
const BYTES_PER_VALUE = new Map<unknown, number>([
  ["F16", 2],
  ["F32", 4],
]);

type Entry = { name: string; dtype: string; shape: number[]; begin: number; end: number };

/** Reads a file, widening fp16 to fp32. Throws SafetensorsError when anything in it does not add up. */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes);
  const { __metadata__: metadata = {}, ...rest } = header;
  const names = Object.keys(rest);
  if (names.length > MAX_TENSORS) fail(`at most ${MAX_TENSORS} tensors, got ${names.length}`);
  const entries = names.map((name) => parseEntry(name, rest[name])).sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, bytes.byteLength - dataStart);
  const tensors = new Map(entries.map((entry) => [entry.name, readTensor(bytes, dataStart, entry)]));
  return { tensors, metadata: parseMetadata(metadata) };
}

/** Writes fp32 tensors, sorted by name, so that equal contents are equal bytes. */
export function writeSafetensors(tensors: StoredTensors, metadata: Record<string, string> = {}): Uint8Array {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const header: Record<string, unknown> = { __metadata__: metadata };
  let size = 0;
  for (const [name, { shape, data }] of sorted) {
    header[name] = { dtype: "F32", shape, data_offsets: [size, size + data.byteLength] };
    size += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of 8 keep the tensors aligned for readers that map the file.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + size);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  let offset = 8 + headerLength;
  for (const [, { data }] of sorted) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return out;
}

/** Throws SafetensorsError naming the first tensor that holds a NaN or an infinity. */
export function assertFinite(tensors: StoredTensors): void {
  for (const [name, { data }] of tensors) {
    if (!data.every(Number.isFinite)) fail(`finite numbers, got NaN or infinity in ${name}`);
  }
}

function fail(expected: string): never {
  throw new SafetensorsError(`Not a usable safetensors file: expected ${expected}.`);
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.byteLength < 8) fail(`at least 8 bytes, got ${bytes.byteLength}`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  // Any other format's first bytes, read as a number, are absurd; nobody wants to see it.
  if (length > BigInt(MAX_HEADER_BYTES)) fail("the length of a header in its first 8 bytes; it is of another format");
  if (length > BigInt(bytes.byteLength - 8)) fail(`a header of ${length} bytes, and it ends before; it was cut off`);
  const dataStart = 8 + Number(length);
  const text = new TextDecoder().decode(bytes.subarray(8, dataStart));
  const header = parseJson(text);
  if (!isRecord(header)) fail("a JSON object as header");
  if (countKeys(text) !== countEntries(header)) fail("every key of the header once");
  return { header, dataStart };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError("Not a usable safetensors file: expected a JSON header.", { cause });
  }
}

function parseEntry(name: string, value: unknown): Entry {
  if (!isRecord(value)) return fail(`an object for tensor ${name}`);
  const { dtype, shape, data_offsets: offsets } = value;
  const width = BYTES_PER_VALUE.get(dtype);
  if (typeof dtype !== "string" || width === undefined) return fail(`dtype F16 or F32 for ${name}, got ${dtype}`);
  if (!isSizeList(shape)) return fail(`a shape of non-negative integers for ${name}`);
  if (!isSizeList(offsets) || offsets.length !== 2) return fail(`two offsets for ${name}`);
  const [begin = 0, end = 0] = offsets;
  const size = shape.reduce((product, n) => product * n, width);
  if (!Number.isSafeInteger(size)) return fail(`a shape that does not overflow for ${name}`);
  if (end - begin !== size) return fail(`${size} bytes for ${name}, got ${end - begin}`);
  return { name, dtype, shape, begin, end };
}

// Contiguous from 0 to the end: no gap, no overlap, nothing after the last tensor.
function checkCoverage(entries: readonly Entry[], dataBytes: number): void {
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position) fail(`tensor ${name} to start at byte ${position}, got ${begin}`);
    position = end;
  }
  if (position !== dataBytes) fail(`tensors to cover ${dataBytes} bytes, got ${position}`);
}

function readTensor(bytes: Uint8Array, dataStart: number, { dtype, shape, begin, end }: Entry): StoredTensor {
  // A copy, because a tensor need not be aligned in the file. (`slice` of a Node Buffer would not be one.)
  const copy = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
  if (dtype === "F32") return { shape, data: new Float32Array(copy.buffer) };
  const halves = new Uint16Array(copy.buffer);
  const data = new Float32Array(halves.length);
  for (let i = 0; i < data.length; i += 1) data[i] = HALF_VALUES[halves[i] ?? 0] ?? Number.NaN;
  return { shape, data };
}

/** The number a 16-bit IEEE 754 float stands for. */
export function widenHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// Every half float there is: looking one up is ten times faster than working it out.
const HALF_VALUES = Float32Array.from({ length: 2 ** 16 }, (_, bits) => widenHalf(bits));

function parseMetadata(value: unknown): Record<string, string> {
  if (!isRecord(value)) return fail("an object as __metadata__");
  const entries = Object.entries(value).map(([key, text]): [string, string] =>
    typeof text === "string" ? [key, text] : fail(`text for metadata ${key}`),
  );
  return Object.fromEntries(entries);
}

// JSON.parse keeps the last of two equal keys without a word; counting the keys in the text finds them.
const countKeys = (json: string): number =>
  [...json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;

const countEntries = (value: unknown): number =>
  isRecord(value) ? Object.values(value).reduce<number>((count, inner) => count + 1 + countEntries(inner), 0) : 0;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizeList = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
