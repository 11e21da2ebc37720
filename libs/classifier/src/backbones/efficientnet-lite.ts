// EfficientNet-Lite0 (Google, 2020) in tfjs operations, with timm's tensor names (`tf_efficientnet_lite0`).
// SAME padding is part of the weights: at stride 2 it pads more after than before, and symmetric padding costs 7 points.
import * as tf from "@tensorflow/tfjs-core";
import type { Backbone, BodyGroup, Convolution, LayerSource, Stage } from "./backbone.ts";

// Per stage: expansion, channels, blocks, stride of the first block, kernel.
const STAGES = [
  [1, 16, 1, 1, 3],
  [6, 24, 2, 2, 3],
  [6, 40, 2, 2, 5],
  [6, 80, 3, 2, 3],
  [6, 112, 3, 1, 5],
  [6, 192, 4, 2, 5],
  [6, 320, 1, 1, 3],
] as const;
const STEM_CHANNELS = 32;
const HEAD_CHANNELS = 1280;
// Four fifths of the weights see the picture at a 32nd of its size: those are the upper half. What goes into them is small
// ([7..14, 7..14, 112] floats), so training only them can keep the lower half's activations.
const FIRST_HIGH_STAGE = 5;

type Block = { name: string; expansion: number; input: number; output: number; stride: 1 | 2; kernel: number };

const stageBlocks = describeBlocks();

export const efficientNetLite0: Backbone = {
  name: "efficientnet_lite0",
  stages: [
    {
      name: "stem",
      group: "body-low",
      stride: 2,
      convolutions: [{ name: "conv_stem", norm: "bn1", shape: [STEM_CHANNELS, 3, 3, 3] }],
      apply: (x, layer) => tf.relu6(convolve(x, layer, { name: "conv_stem", norm: "bn1", stride: 2 })),
    },
    ...stageBlocks.map(
      (blocks, i): Stage => ({
        name: `blocks.${i}`,
        group: groupOf(i),
        stride: blocks[0]?.stride ?? 1,
        convolutions: blocks.flatMap(convolutionsOf),
        apply: (x, layer) => blocks.reduce((y, block) => applyBlock(y, layer, block), x),
      }),
    ),
    {
      name: "conv_head",
      group: "body-high",
      stride: 1,
      convolutions: [{ name: "conv_head", norm: "bn2", shape: [HEAD_CHANNELS, 320, 1, 1] }],
      apply: (x, layer) => tf.relu6(convolve(x, layer, { name: "conv_head", norm: "bn2" })),
    },
  ],
  channels: HEAD_CHANNELS,
  stem: "conv_stem",
  batchNormEpsilon: 1e-3,
};

function groupOf(stage: number): BodyGroup {
  return stage < FIRST_HIGH_STAGE ? "body-low" : "body-high";
}

function describeBlocks(): Block[][] {
  let input = STEM_CHANNELS;
  return STAGES.map(([expansion, output, count, stride, kernel], stage) =>
    Array.from({ length: count }, (_, i): Block => {
      const block = { name: `blocks.${stage}.${i}`, expansion, input, output, kernel } as const;
      input = output;
      return { ...block, stride: i === 0 ? stride : 1 };
    }),
  );
}

function applyBlock(x: tf.Tensor4D, layer: LayerSource, block: Block): tf.Tensor4D {
  const [expand, depthwise, project] = layerNames(block);
  const wide = expand ? tf.relu6(convolve(x, layer, expand)) : x;
  const mixed = tf.relu6(convolveDepthwise(wide, layer, { ...depthwise, stride: block.stride }));
  const narrow = convolve(mixed, layer, project);
  return block.stride === 1 && block.input === block.output ? tf.add(narrow, x) : narrow;
}

type Names = { name: string; norm: string; stride?: 1 | 2 };

// timm numbers the batch-norms of a block in order, so they shift by one where there is no expansion.
function layerNames({ name, expansion }: Block): [Names | undefined, Names, Names] {
  const named = (convolution: string, norm: string) => ({ name: `${name}.${convolution}`, norm: `${name}.${norm}` });
  if (expansion === 1) return [undefined, named("conv_dw", "bn1"), named("conv_pw", "bn2")];
  return [named("conv_pw", "bn1"), named("conv_dw", "bn2"), named("conv_pwl", "bn3")];
}

function convolutionsOf(block: Block): Convolution[] {
  const [expand, depthwise, project] = layerNames(block);
  const width = block.input * block.expansion;
  return [
    ...(expand ? [{ ...expand, shape: [width, block.input, 1, 1] } satisfies Convolution] : []),
    { ...depthwise, shape: [width, 1, block.kernel, block.kernel] },
    { ...project, shape: [block.output, width, 1, 1] },
  ];
}

function convolve(x: tf.Tensor4D, layer: LayerSource, { name, norm, stride = 1 }: Names): tf.Tensor4D {
  const { filter, normalise } = layer(name, norm);
  // timm's [out, in, height, width] -> tfjs' [height, width, in, out].
  return normalise(tf.conv2d(x, tf.transpose(filter, [2, 3, 1, 0]), stride, "same"));
}

function convolveDepthwise(x: tf.Tensor4D, layer: LayerSource, { name, norm, stride = 1 }: Names): tf.Tensor4D {
  const { filter, normalise } = layer(name, norm);
  // timm's [channels, 1, height, width] -> tfjs' [height, width, channels, 1].
  return normalise(tf.depthwiseConv2d(x, tf.transpose(filter, [2, 3, 0, 1]), stride, "same"));
}
