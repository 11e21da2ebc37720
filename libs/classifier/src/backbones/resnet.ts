// ResNet-18, -34 and -50 (He et al., 2015) in tfjs operations, with timm's tensor names, which are torchvision's too.
// Padding is PyTorch's: the same number of zeros on each side. tfjs-node knows no such padding, so it is an operation of its own.
import * as tf from "@tensorflow/tfjs-core";
import type { Backbone, BodyGroup, Convolution, LayerSource, Stage } from "./backbone.ts";

const STEM_CHANNELS = 64;
const WIDTHS = [64, 128, 256, 512] as const;
// Where fastai's `_resnet_split` cuts: the upper half is layer3 and layer4.
const GROUPS: readonly BodyGroup[] = ["body-low", "body-low", "body-high", "body-high"];

/** How many channels leave a block for each that its 3x3 convolutions have: 1 for two of them, 4 for a bottleneck (1x1, 3x3, 1x1). */
type Expansion = 1 | 4;
type Description = { name: string; blocks: readonly [number, number, number, number]; expansion: Expansion };

export const resNet18 = describeResNet({ name: "resnet18", blocks: [2, 2, 2, 2], expansion: 1 });
export const resNet34 = describeResNet({ name: "resnet34", blocks: [3, 4, 6, 3], expansion: 1 });
export const resNet50 = describeResNet({ name: "resnet50", blocks: [3, 4, 6, 3], expansion: 4 });

function describeResNet({ name, blocks, expansion }: Description): Backbone {
  const stem: Convolved = { name: "conv1", norm: "bn1", shape: [STEM_CHANNELS, 3, 7, 7], stride: 2 };
  const stages = WIDTHS.map((width, i): Stage => {
    const input = i === 0 ? STEM_CHANNELS : (WIDTHS[i - 1] ?? 0) * expansion;
    const list = Array.from({ length: blocks[i] ?? 0 }, (_, k) => {
      const place = k === 0 ? { input, stride: i === 0 ? 1 : 2 } : { input: width * expansion, stride: 1 };
      return describeBlock({ name: `layer${i + 1}.${k}`, width, expansion, ...place });
    });
    return {
      name: `layer${i + 1}`,
      group: GROUPS[i] ?? "body-high",
      stride: i === 0 ? 1 : 2,
      convolutions: list.flatMap(({ main, shortcut }) => [...main, ...shortcut]).map(plain),
      apply: (x, layer) => list.reduce((y, block) => applyBlock(y, layer, block), x),
    };
  });
  return {
    name,
    stages: [
      // The convolution halves the picture and so does the pool behind it.
      { name: "stem", group: "body-low", stride: 4, convolutions: [plain(stem)], apply: applyStem(stem) },
      ...stages,
    ],
    channels: 512 * expansion,
    stem: "conv1",
    batchNormEpsilon: 1e-5,
  };
}

type Convolved = Convolution & { stride: number };
type Block = { main: readonly Convolved[]; shortcut: readonly Convolved[] };
type Place = { name: string; input: number; width: number; expansion: Expansion; stride: number };

function plain({ name, norm, shape }: Convolved): Convolution {
  return { name, norm, shape };
}

function describeBlock({ name, input, width, expansion, stride }: Place): Block {
  const output = width * expansion;
  const convolved = (number: number, shape: Convolution["shape"], step = 1): Convolved => ({
    ...{ name: `${name}.conv${number}`, norm: `${name}.bn${number}` },
    ...{ shape, stride: step },
  });
  // The stride of a bottleneck is in its 3x3 convolution, as in torchvision (the paper has it in the first 1x1).
  const main =
    expansion === 1
      ? [convolved(1, [width, input, 3, 3], stride), convolved(2, [width, width, 3, 3])]
      : [
          convolved(1, [width, input, 1, 1]),
          convolved(2, [width, width, 3, 3], stride),
          convolved(3, [output, width, 1, 1]),
        ];
  const names = { name: `${name}.downsample.0`, norm: `${name}.downsample.1` };
  const isSame = stride === 1 && input === output;
  return { main, shortcut: isSame ? [] : [{ ...names, shape: [output, input, 1, 1], stride }] };
}

function applyStem(stem: Convolved): Stage["apply"] {
  return (x, layer) => {
    const wide = tf.relu(convolve(x, layer, stem));
    // PyTorch pads a max-pool with -infinity; behind a ReLU nothing is below 0, so zeros never win either.
    return tf.maxPool(padded(wide, 1), 3, 2, "valid");
  };
}

function applyBlock(x: tf.Tensor4D, layer: LayerSource, { main, shortcut }: Block): tf.Tensor4D {
  const mixed = main.reduce((y, each, i) => convolve(i === 0 ? y : tf.relu(y), layer, each), x);
  return tf.relu(
    tf.add(
      mixed,
      shortcut.reduce((y, each) => convolve(y, layer, each), x),
    ),
  );
}

function convolve(x: tf.Tensor4D, layer: LayerSource, { name, norm, shape, stride }: Convolved): tf.Tensor4D {
  const { filter, normalise } = layer(name, norm);
  const kernel = shape[2];
  // At stride 1 "same" is symmetric. timm's [out, in, height, width] -> tfjs' [height, width, in, out].
  const input = stride === 1 ? x : padded(x, (kernel - 1) / 2);
  return normalise(tf.conv2d(input, tf.transpose(filter, [2, 3, 1, 0]), stride, stride === 1 ? "same" : "valid"));
}

/** Zeros around height and width. */
function padded(x: tf.Tensor4D, size: number): tf.Tensor4D {
  if (size === 0) return x;
  return tf.pad(x, [
    [0, 0],
    [size, size],
    [size, size],
    [0, 0],
  ]);
}
