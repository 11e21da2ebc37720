// A gallery with any number of pictures, no two of the same bytes, each answered after a pause as a server far away would.
import { afterMs, type ImageServer, ok, startImageServer } from "@ursa/testing/image-server";
import { drawPhotograph } from "@ursa/testing/pictures";

export type ScaleGallery = AsyncDisposable & {
  /** `host:port` the downloaders must be allowed to reach. */
  address: string;
  /** Two classes of `count` new pictures together. */
  lists(count: number): { class: string; urls: string[] }[];
  /** One that is in no list. */
  picture(): Uint8Array<ArrayBuffer>;
  meanKb: number;
};

/** Drawn once: drawing one takes as long as downloading several. */
const DRAWINGS = 12;

/** @param draw a JPEG from a seed */
export async function startScaleGallery(latencyMs: number, draw = drawPhotograph): Promise<ScaleGallery> {
  const drawings = await Promise.all(Array.from({ length: DRAWINGS }, (_, seed) => draw(seed)));
  const server: ImageServer = await startImageServer();
  let drawn = 0;
  const next = () => numbered(drawings[drawn % DRAWINGS] ?? Buffer.alloc(0), drawn++);
  const place = () => {
    const path = `/${drawn}.jpg`;
    server.set(path, afterMs(latencyMs, ok(next())));
    return server.origin + path;
  };
  return {
    address: server.address,
    lists(count) {
      const urls = Array.from({ length: count }, place);
      return ["even", "odd"].map((name, side) => ({ class: name, urls: urls.filter((_, n) => n % 2 === side) }));
    },
    picture: next,
    meanKb: drawings.reduce((sum, { length }) => sum + length, 0) / DRAWINGS / 1000,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The same picture with other bytes: its number as a JPEG comment behind the start-of-image marker. */
function numbered(jpeg: Uint8Array, number: number): Uint8Array<ArrayBuffer> {
  const comment = Buffer.from([0xff, 0xfe, 0, 6, 0, 0, 0, 0]);
  comment.writeUInt32BE(number, 4);
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]));
}
