// Says what bytes are by their first bytes. Names and Content-Type headers lie too often to be asked at all.
import { ImageRefused } from "./image-refused.ts";

export const DECODED_FORMATS = ["jpeg", "png", "webp", "gif"] as const;
export type DecodedFormat = (typeof DECODED_FORMATS)[number];

/**
 * The format of a picture Ursa decodes.
 * @throws ImageRefused `unsupported_format` for a picture format outside the allow-list, `not_an_image` for the rest.
 */
export function sniffFormat(bytes: Uint8Array): DecodedFormat {
  if (bytes.length === 0) throw new ImageRefused("not_an_image", "the body is empty");
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString("latin1");
  const decoded = DECODED_FORMATS.find((format) => DECODED[format].some((signature) => matches(head, signature)));
  if (decoded) return decoded;

  const known = isSvg(head) ? "SVG" : UNSUPPORTED.find(([, signature]) => matches(head, signature))?.[0];
  if (known) throw new ImageRefused("unsupported_format", `${known} is not decoded; use JPEG, PNG, WebP or GIF`);
  throw new ImageRefused("not_an_image", describe(head));
}

// Enough to find `<svg` behind an XML declaration, a doctype and a comment.
const HEAD_BYTES = 1024;

// One character is one byte (latin1); a dot stands for any byte.
const DECODED: Record<DecodedFormat, string[]> = {
  jpeg: ["\xff\xd8\xff"],
  png: ["\x89PNG\r\n\x1a\n"],
  webp: ["RIFF....WEBPVP8"],
  gif: ["GIF87a", "GIF89a"],
};

const UNSUPPORTED: [string, string][] = [
  ["TIFF", "II*\0"],
  ["TIFF", "MM\0*"],
  ["BigTIFF", "II+\0"],
  ["BigTIFF", "MM\0+"],
  ["AVIF", "....ftypavi"],
  ["HEIC", "....ftyphe"],
  ["HEIF", "....ftypmif1"],
  ["HEIF", "....ftypmsf1"],
  ["JPEG XL", "\xff\x0a"],
  ["JPEG XL", "\0\0\0\x0cJXL "],
  ["JPEG 2000", "\0\0\0\x0cjP  "],
  ["JPEG 2000", "\xff\x4f\xff\x51"],
  ["BMP", "BM....\0\0\0\0"],
  ["ICO", "\0\0\x01\0"],
  ["Photoshop", "8BPS"],
  ["PDF", "%PDF-"],
  ["PostScript", "%!PS"],
];

function matches(head: string, signature: string): boolean {
  return Array.from(signature).every((byte, i) => byte === "." || byte === head[i]);
}

function isSvg(head: string): boolean {
  return /^(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE svg|svg)/i.test(head) && /<svg[\s/>]/i.test(head);
}

function describe(head: string): string {
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script|meta|title)/i.test(head))
    return "this is an HTML page";
  if (/^[\t\n\r -~]*$/.test(head)) return "this is text";
  return "the first bytes are of no picture format";
}
