// Pictures that broke decoders, and ones that look as if they could, each with what may become of it. Built, not collected: nothing here is
// anyone's exploit, and each says by its name what is wrong with it.
import { deflateSync } from "node:zlib";
import { rasterise, rasteriseAnimation, rasteriseFlat } from "@ursa/imaging/rasterise";
import {
  alphaPng,
  animatedGif,
  cmykJpeg,
  exifRotatedJpeg,
  greyPng,
  halves,
  htmlBytes,
  jpegWithZip,
  pixelBombPng,
  pngChunk,
  sixteenBitPng,
  svgBytes,
  wideGamutJpeg,
} from "./hostile-pictures.ts";

export type HostilePicture = { name: string; bytes: Uint8Array; may: readonly string[] };

const SOUND = ["ok"];
const BROKEN = ["corrupt_image", "not_an_image"];
const SIXTEENTHS = Array.from({ length: 15 }, (_, n) => (n + 1) / 16);
const FORMATS = ["jpeg", "png", "webp"] as const;

export async function hostileCorpus(): Promise<HostilePicture[]> {
  return [...(await unusual()), ...(await cutShort()), ...(await bombs()), ...(await polyglots()), ...(await others())];
}

/** Nothing is wrong with these. */
async function unusual(): Promise<HostilePicture[]> {
  const made: [string, Promise<Buffer>][] = [
    ["16 bits a channel", sixteenBitPng()],
    ["grey", greyPng()],
    ["CMYK", cmykJpeg()],
    ["a wide gamut", wideGamutJpeg()],
    ["half transparent", alphaPng()],
    ["an animation", animatedGif()],
    ["on its side by EXIF", exifRotatedJpeg()],
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation): [string, Promise<Buffer>] => [
      `EXIF orientation ${orientation}`,
      rasterise(halves(), { orientation }),
    ]),
  ];
  return Promise.all(made.map(async ([name, bytes]) => ({ name, bytes: await bytes, may: SOUND })));
}

/** Every sixteenth, of each format. */
async function cutShort(): Promise<HostilePicture[]> {
  const each = FORMATS.map(async (format) => {
    const whole = await rasterise(halves(), { format });
    return SIXTEENTHS.map((share) => ({
      ...{
        name: `${format} cut at ${16 * share} sixteenths`,
        bytes: whole.subarray(0, Math.floor(share * whole.length)),
      },
      may: BROKEN,
    }));
  });
  return [...(await Promise.all(each)).flat(), { name: "no bytes at all", bytes: new Uint8Array(), may: BROKEN }];
}

const BOMB_BYTES = 200_000_000;
const FRAME = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="20"/></svg>`;

async function bombs(): Promise<HostilePicture[]> {
  const png = await rasterise(halves(), { format: "png" });
  const jpeg = await rasterise(halves(), {});
  const packed = deflateSync(Buffer.alloc(BOMB_BYTES), { level: 9 });
  const text = Buffer.concat([Buffer.from("Comment\0\0", "latin1"), packed]);
  const profile = Buffer.concat([Buffer.from("icc\0\0", "latin1"), packed]);
  const strip = await rasteriseFlat(20_000, 40);
  return [
    { name: "256 megapixels in 32 kB", bytes: pixelBombPng(), may: ["too_many_pixels"] },
    { name: "a strip of 20,000 x 40", bytes: strip, may: ["too_many_pixels"] },
    { name: "10 x 10", bytes: await rasteriseFlat(10, 10), may: ["too_small"] },
    { name: "a comment of 200 MB in 200 kB", bytes: withChunk(png, pngChunk("zTXt", text)), may: ["ok", ...BROKEN] },
    { name: "a colour profile of 200 MB", bytes: withChunk(png, pngChunk("iCCP", profile)), may: ["ok", ...BROKEN] },
    { name: "ten megabytes of comments", bytes: withSegments(jpeg, 0xfe, 150), may: ["ok", ...BROKEN] },
    { name: "ten megabytes of EXIF", bytes: withSegments(jpeg, 0xe1, 150), may: ["ok", ...BROKEN] },
    {
      name: "three hundred frames",
      bytes: await rasteriseAnimation(Array.from({ length: 300 }, () => FRAME)),
      may: SOUND,
    },
    { name: "claims 65,535 x 65,535", bytes: withJpegSize(jpeg, 65_535), may: ["too_many_pixels", ...BROKEN] },
    { name: "claims no size", bytes: withJpegSize(jpeg, 0), may: ["too_small", ...BROKEN] },
  ];
}

/** Two kinds of file at once. */
async function polyglots(): Promise<HostilePicture[]> {
  const jpeg = await rasterise(halves(), {});
  const gif = await animatedGif();
  return [
    { name: "a JPEG with an archive behind it", bytes: await jpegWithZip(), may: SOUND },
    { name: "a page behind a GIF", bytes: Buffer.concat([gif, htmlBytes()]), may: ["ok", ...BROKEN] },
    { name: "a script in a GIF's header", bytes: Buffer.from("GIF89a/*;alert(1)//*/=1;"), may: BROKEN },
    { name: "a JPEG behind a page", bytes: Buffer.concat([htmlBytes(), jpeg]), may: ["not_an_image"] },
    { name: "a JPEG behind a PNG's signature", bytes: Buffer.concat([PNG_SIGNATURE, jpeg]), may: BROKEN },
    {
      name: "a PDF",
      bytes: Buffer.from("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n"),
      may: ["not_an_image", "unsupported_format"],
    },
  ];
}

/** Formats that are not decoded at all. */
async function others(): Promise<HostilePicture[]> {
  const may = ["unsupported_format", "not_an_image"];
  const heic = Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from("ftypheic\0\0\0\0mif1heic", "latin1"),
    Buffer.alloc(100),
  ]);
  return [
    { name: "an SVG with external entities", bytes: svgBytes(), may },
    { name: "a TIFF", bytes: await rasterise(halves(), { format: "tiff" }), may },
    { name: "an AVIF", bytes: await rasterise(halves(), { format: "avif" }), may },
    { name: "the head of a HEIC", bytes: heic, may },
    {
      name: "an ImageMagick script",
      bytes: Buffer.from("push graphic-context\nviewbox 0 0 64 64\nfill 'url(https://127.0.0.1/)'\n"),
      may,
    },
    { name: "a playlist", bytes: Buffer.from("#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n"), may },
    { name: "a page", bytes: htmlBytes(), may },
    { name: "zeros", bytes: Buffer.alloc(100_000), may },
  ];
}

const PNG_SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** Signature and header. */
const PNG_HEAD_BYTES = 8 + 25;

const withChunk = (png: Buffer, chunk: Buffer): Buffer =>
  Buffer.concat([png.subarray(0, PNG_HEAD_BYTES), chunk, png.subarray(PNG_HEAD_BYTES)]);

/** Segments of the largest size behind the start of the picture. */
function withSegments(jpeg: Buffer, marker: number, count: number): Buffer {
  const segment = Buffer.alloc(2 + 65_535, "a");
  segment.set([0xff, marker, 0xff, 0xff]);
  return Buffer.concat([jpeg.subarray(0, 2), ...Array<Buffer>(count).fill(segment), jpeg.subarray(2)]);
}

/** The frame header (SOF0) says another size. */
function withJpegSize(jpeg: Buffer, side: number): Buffer {
  const bytes = Buffer.from(jpeg);
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  if (at < 0) throw new Error("A baseline JPEG has a frame header.");
  bytes.writeUInt16BE(side, at + 5);
  bytes.writeUInt16BE(side, at + 7);
  return bytes;
}
