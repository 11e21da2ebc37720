// Filters between ONNX's order [out, in, height, width] and the blocks that blocked convolutions take: [out / block, in / block,
// height, width, block of in, block of out]. A transpose of single numbers runs at a hundredth of the memory's speed, so each way
// goes by the runtime's own reordering of maps, for which one side's channels are those of a map, and by transposes of whole blocks.
import type { Graph } from "../graph.ts";
import { sizeOf } from "../layout.ts";

/** [out, in, height, width] */
export type FilterShape = readonly [number, number, ...number[]];

/** `filter` in blocks. Inputs fewer than a block stay one by one. */
export function intoBlocks(graph: Graph, filter: string, shape: FilterShape): string {
  const block = graph.channelBlock;
  const [outputs, inputs, ...size] = shape;
  const blockIn = blockOf(graph, inputs);
  const outputsLast = reorderInput(graph, filter, [1, outputs, inputs, sizeOf(size)]);
  const grouped = [outputs / block, inputs / blockIn, blockIn, sizeOf(size), block];
  return graph.reshape(graph.transpose(graph.reshape(outputsLast, grouped), [0, 1, 3, 2, 4]), shape);
}

/**
 * In blocks, the filter whose convolution takes dY to dX where `filter`'s took X to Y: inputs and outputs change places, rows
 * and columns run backwards. `shape` is that of `filter`.
 */
export function turnedIntoBlocks(graph: Graph, filter: string, shape: FilterShape): string {
  const block = graph.channelBlock;
  const [outputs, inputs, ...size] = shape;
  const [taps, blockOut] = [sizeOf(size), blockOf(graph, outputs)];
  const inputsLast = taps === 1 ? filter : reorderInput(graph, filter, [outputs, inputs, taps, 1]);
  const grouped = graph.reshape(inputsLast, [outputs / blockOut, blockOut, inputs / block, taps, block]);
  const swapped = graph.transpose(grouped, [2, 0, 3, 1, 4]);
  const backwards = [...Array(taps).keys()].reverse();
  const pairs = [(inputs / block) * (outputs / blockOut), taps, blockOut * block];
  const turned =
    taps === 1 ? swapped : graph.op("Gather", [graph.reshape(swapped, pairs), graph.ints(backwards)], { axis: 1 });
  return graph.reshape(turned, [inputs, outputs, ...size]);
}

/** [out, in, height, width] of `filter`, whose inputs come in blocks: [out, in / block, height, width, block]. */
export function inputsOutOfBlocks(graph: Graph, filter: string, shape: FilterShape): string {
  return graph.op("com.microsoft.nchwc.ReorderOutput", [graph.reshape(filter, shape)], { channels: shape[1] });
}

const blockOf = ({ channelBlock }: Graph, channels: number): number => (channels < channelBlock ? 1 : channelBlock);

/** As if `value` were a map [N, C, height, width]: [N, C / block, height, width, block]. */
const reorderInput = (graph: Graph, value: string, map: readonly number[]): string =>
  graph.op("com.microsoft.nchwc.ReorderInput", [graph.reshape(value, map)]);
