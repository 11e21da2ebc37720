// What Ursa adds to the libraries that it stands on: to decoding and ONNX Runtime where it classifies, to BullMQ where it enqueues. Both sides
// in the same run, in turn.

import { compareClassify } from "./bare-classify.ts";
import { compareQueue } from "./bare-queue.ts";
import type { PartOptions, PartReport } from "./part.ts";

export async function bare(options: PartOptions): Promise<PartReport> {
  const [queue, pictures] = [await compareQueue(), await compareClassify(options)];
  return { lines: [...queue.lines, ...pictures.lines], bounds: [...queue.bounds, ...pictures.bounds] };
}
