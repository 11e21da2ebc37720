// Finds out how many channels ONNX Runtime's blocked convolutions take together on this processor: 16 with AVX-512, 8 with
// AVX2, none elsewhere. It does not say; so a convolution is tried in each size, and only the right one computes the right thing.
import { Graph } from "./graph.ts";
import { openSession } from "./session.ts";

const CANDIDATES = [16, 8] as const;
const CHANNELS = 32;
const SIDE = 3;

/** Channels per block for `trace`, or 0 where the blocked layout does not work. Takes a few milliseconds. */
export async function findChannelBlock(): Promise<number> {
  for (const block of CANDIDATES) {
    if (await computesRight(block)) return block;
  }
  return 0;
}

/** Shifts every channel down by one row, with a depthwise filter laid out for `block`, there and back through the blocks. */
async function computesRight(block: number): Promise<boolean> {
  const graph = new Graph(block);
  const dims = [1, CHANNELS, SIDE, SIDE];
  const x = graph.op("com.microsoft.nchwc.ReorderInput", [graph.input("x", "float", dims)]);
  // Taps [C / block, 1, row, column, block]: the middle of the top row is 1 + channel, the rest 0.
  const taps = Float32Array.from({ length: CHANNELS * 9 }, (_, i) => {
    const tap = Math.floor(i / block) % 9;
    return tap === 1 ? 1 + Math.floor(i / (9 * block)) * block + (i % block) : 0;
  });
  const filter = graph.floats(taps, [CHANNELS, 1, 3, 3]);
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: CHANNELS };
  const y = graph.op("com.microsoft.nchwc.Conv", [x, filter], attributes);
  graph.output("y", graph.op("com.microsoft.nchwc.ReorderOutput", [y], { channels: CHANNELS }), dims);
  const data = Float32Array.from({ length: CHANNELS * SIDE * SIDE }, (_, i) => i + 1);
  try {
    await using session = await openSession(graph.finish(), { threads: 1, spins: false });
    const { y: found } = await session.run({ x: { dims, data } });
    return data.every((_, i) => found?.data[i] === expected(data, i));
  } catch {
    // The processor, or this build of the runtime, has no blocked kernels at all.
    return false;
  }
}

function expected(data: Float32Array, place: number): number {
  const channel = Math.floor(place / (SIDE * SIDE));
  const isTopRow = place % (SIDE * SIDE) < SIDE;
  return isTopRow ? 0 : (data[place - SIDE] ?? 0) * (1 + channel);
}
