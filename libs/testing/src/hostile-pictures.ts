// Pictures that break naive decoders, each built from a plain drawing so that a test can say what is wrong with it.
import { crc32, deflateSync } from "node:zlib";

import { rasterise, rasteriseAnimation } from "@ursa/imaging/rasterise";

const WIDTH = 320;
const HEIGHT = 200;

/** A red left half and a blue right half, with a white stripe on top: asymmetric in both directions. */
export function halves(options: { left?: string; right?: string; background?: string } = {}): string {
  const { left = "#d02020", right = "#2030c0", background = "#fff" } = options;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
    <rect width="100%" height="100%" fill="${background}"/>
    <rect y="20" width="50%" height="180" fill="${left}"/>
    <rect x="50%" y="20" width="50%" height="180" fill="${right}"/>
  </svg>`;
}

/** Cut off after `share` of its bytes. */
export async function truncatedJpeg(share = 0.6): Promise<Buffer> {
  const whole = await rasterise(halves(), { quality: 95 });
  return whole.subarray(0, Math.floor(whole.length * share));
}

export const sixteenBitPng = () => rasterise(halves(), { format: "png", colourspace: "rgb16" });

export const greyPng = () => rasterise(halves(), { format: "png", colourspace: "b-w" });

export const cmykJpeg = () => rasterise(halves(), { colourspace: "cmyk", profile: "cmyk", quality: 95 });

export const wideGamutJpeg = () => rasterise(halves(), { profile: "p3", quality: 95 });

/** The left half is transparent. */
export const alphaPng = () => rasterise(halves({ left: "none", background: "none" }), { format: "png" });

/** Lies on its side in the file; a viewer that honours EXIF shows it 200 wide and 320 high, red half on top. */
export const exifRotatedJpeg = () => rasterise(halves(), { orientation: 6, quality: 95 });

/** First frame red and blue, second green and yellow. */
export const animatedGif = () => rasteriseAnimation([halves(), halves({ left: "#109030", right: "#e0d010" })]);

/** A valid one-bit PNG of `side` x `side` pixels, a thousandth of a byte each. */
export function pixelBombPng(side = 16_000): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1; // One bit per pixel, grey.
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))), { level: 9 });
  const chunks = [pngChunk("IHDR", header), pngChunk("IDAT", rows), pngChunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...chunks]);
}

/** A drawing that is code: it names a file and an address, and must be neither read nor fetched. */
export const svgBytes = () =>
  Buffer.from(`<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY passwd SYSTEM "file:///etc/passwd">]>
    <svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><image href="http://127.0.0.1/"/><text>&passwd;</text></svg>`);

/** A sound JPEG with a ZIP archive behind its end: harmless to decode, not to serve as it came. */
export async function jpegWithZip(): Promise<Buffer> {
  return Buffer.concat([await rasterise(halves(), { quality: 95 }), emptyZip("payload.js")]);
}

export const htmlBytes = () =>
  Buffer.from("<!DOCTYPE html><html><head><title>404</title></head><body>Not here</body></html>");

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

// A local file header and the end-of-central-directory record: what makes `file` and unzip say "Zip archive".
function emptyZip(name: string): Buffer {
  const local = Buffer.alloc(30);
  local.write("PK\x03\x04", "latin1");
  local.writeUInt16LE(name.length, 26);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  return Buffer.concat([local, Buffer.from(name), end]);
}
