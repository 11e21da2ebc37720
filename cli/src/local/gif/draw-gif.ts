// Drawings to a GIF that moves. Local, since it needs the image library and no API.
import { rasteriseAnimation } from "@ursa/imaging/rasterise";

const FRAME_MS = 100;
/** To look at where it ended. */
const LAST_MS = 2000;

/** @param frames SVG documents of one size */
export const drawGif = (frames: string[]): Promise<Uint8Array> =>
  rasteriseAnimation(frames, (frame) => (frame === frames.length - 1 ? LAST_MS : FRAME_MS));
