import { expect, test } from "vitest";

import type { ImageRefused } from "./image-refused.ts";
import { sniffFormat } from "./sniff.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const PADDING = "\0".repeat(64);

test.each([
  ["jpeg", "\xff\xd8\xff\xe0\0\x10JFIF"],
  ["png", "\x89PNG\r\n\x1a\n"],
  ["webp", "RIFF\x10\0\0\0WEBPVP8L"],
  ["gif", "GIF89a"],
])("knows %s by its first bytes", (format, head) => {
  expect(sniffFormat(latin1(head + PADDING))).toBe(format);
});

test.each([
  ["TIFF", "II*\0"],
  ["AVIF", "\0\0\0\x1cftypavif"],
  ["HEIC", "\0\0\0\x18ftypheic"],
  ["JPEG XL", "\xff\x0a"],
  ["BMP", "BM\x36\x10\0\0\0\0\0\0"],
  ["ICO", "\0\0\x01\0\x01"],
  ["PDF", "%PDF-1.7"],
  ["SVG", "<svg xmlns='http://www.w3.org/2000/svg'/>"],
  ["SVG", "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>"],
])("names %s, a format it does not decode", (name, head) => {
  expect(refusal(latin1(head + PADDING))).toMatchObject({
    outcome: "unsupported_format",
    reason: `${name} is not decoded; use JPEG, PNG, WebP or GIF`,
  });
});

test.each([
  ["nothing", "", "the body is empty"],
  ["an error page", "\n<!DOCTYPE html><html><svg/></html>", "this is an HTML page"],
  ["a sentence", "Not found.\n", "this is text"],
  ["noise", "\x01\x02\x03\x04\xfe", "the first bytes are of no picture format"],
  ["a sound file in WebP's container", "RIFF\x10\0\0\0WAVEfmt ", "the first bytes are of no picture format"],
])("does not take %s for a picture", (_what, head, reason) => {
  expect(refusal(latin1(head))).toMatchObject({ outcome: "not_an_image", reason });
});

function refusal(bytes: Uint8Array): ImageRefused {
  try {
    return expect.unreachable(`taken for ${sniffFormat(bytes)}`);
  } catch (error) {
    return error as ImageRefused;
  }
}
