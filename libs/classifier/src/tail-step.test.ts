// The step of a network's upper part on kept activations, against the step of the whole network on the pixels they are of.
import { type HostTensor, openSession } from "@ursa/tensor/session";
import { trace } from "@ursa/tensor/trace";
import { expect, test, vi } from "vitest";
import { freezeTo } from "./backbones/layer-groups.ts";
import { type Body, traceFrozenPart } from "./body-graph.ts";
import { formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { HIDDEN, initialHead } from "./head.ts";
import { learnedOf, statisticsOf } from "./network.ts";
import { type NetworkStepOptions, networkGradients } from "./network-graphs.ts";
import { partInput } from "./part-input.ts";
import { createRandom } from "./random.ts";
import { DEFAULT_WEIGHTS_DIR } from "./weights-folder.ts";
import { loadBackboneWeights, registryEntry } from "./weights-registry.ts";

const [BATCH, PICTURES, SIZE, CLASSES] = [4, 3, 64, 3];
type Name = "efficientnet_lite0" | "resnet18";

function networkOf(name: Name, trainFrom: string): NetworkStepOptions {
  const { backbone, statistics } = registryEntry(name);
  const head = { features: 2 * backbone.channels, classes: CLASSES };
  return { backbone, statistics, size: SIZE, head, batch: BATCH, weightDecay: 0, trainBn: false, trainFrom };
}

async function activationsOf(network: NetworkStepOptions, weights: Body["weights"], pixels: HostTensor) {
  const graph = traceFrozenPart({ ...network, weights }, SIZE, network.trainFrom);
  await using session = await openSession(graph.bytes, { threads: 1 });
  const { activations } = await session.run({ pixels });
  if (!activations) throw new Error("The frozen part gave no activations.");
  return activations;
}

const gradientOf = (name: string) => `${name}:gradient`;

type Gradients = Map<string, Float32Array>;

/** Loss, and the gradient of every tensor that learns. */
async function gradientsOf(network: NetworkStepOptions, weights: Body["weights"], picture: HostTensor) {
  const { backbone, head, trainFrom } = network;
  const { name: input, element, shape } = partInput(network);
  const trained = { stages: freezeTo(backbone, trainFrom).trained };
  const learned = learnedOf(trained, head);
  const graph = trace({
    inputs: {
      [input]: { shape: [BATCH, ...shape], element },
      labels: { shape: [BATCH, CLASSES] },
      weights: { shape: [BATCH] },
      mask1: { shape: [BATCH, head.features] },
      mask2: { shape: [BATCH, HIDDEN] },
    },
    parameters: {
      ...Object.fromEntries(learned.map(({ name, shape: dims }) => [name, dims])),
      ...statisticsOf(trained, head),
    },
    fn: (inputs, parameters) => {
      const { loss, gradients } = networkGradients(network, inputs, parameters);
      return {
        outputs: {
          loss,
          ...Object.fromEntries(learned.map(({ name }, i) => [gradientOf(name), gradients[i] ?? loss])),
        },
      };
    },
  });
  await using session = await openSession(graph.bytes, { threads: 1 });
  const state = new Map([...weights, ...initialHead(head, createRandom(0))]);
  const ones = (width: number) => ({ dims: [BATCH, width], data: new Float32Array(BATCH * width).fill(1) });
  const results = await session.run({
    ...Object.fromEntries([...state].map(([name, { shape: dims, data }]) => [name, { dims, data }])),
    [input]: picture,
    labels: {
      dims: [BATCH, CLASSES],
      data: Float32Array.from({ length: BATCH * CLASSES }, (_, i) => Number(i % 4 === 0)),
    },
    weights: { dims: [BATCH], data: Float32Array.from({ length: BATCH }, (_, i) => Number(i < PICTURES)) },
    mask1: ones(head.features),
    mask2: ones(HIDDEN),
  });
  return new Map(Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data)]));
}

/** Each picture has its own, so that the head's batch-norm does not blow up what rounding changes. */
function stripes(): HostTensor {
  const row = SIZE * 3;
  const data = Uint8Array.from({ length: BATCH * SIZE * row }, (_, i) => {
    const [b, y, x, c] = [Math.floor(i / (SIZE * row)), Math.floor(i / row) % SIZE, Math.floor(i / 3) % SIZE, i % 3];
    return (x * (1 + 3 * b) + y * (5 - 2 * b) + 60 * c * b) % (100 + 50 * b);
  });
  return { dims: [BATCH, SIZE, SIZE, 3], data };
}

/** Half of all values are one higher: less than a JPEG's quality changes. */
const oneGreyLevel = ({ dims, data }: HostTensor): HostTensor => ({
  dims,
  data: Uint8Array.from(data, (value, i) => value + ((i * 7919) % 2)),
});

/** Between the gradients that both have, as a part of those of `b`. */
function distance(a: Gradients, b: Gradients): number {
  let [difference, size] = [0, 0];
  for (const [name, values] of a) {
    const others = b.get(name) ?? new Float32Array();
    for (const [i, value] of name === "loss" ? [] : values.entries()) {
      const other = others[i] ?? Number.NaN;
      difference += (value - other) ** 2;
      size += other ** 2;
    }
  }
  return Math.sqrt(difference / size);
}

const lossOf = (gradients: Gradients) => gradients.get("loss")?.[0] ?? Number.NaN;

const cases: [Name, string][] = [
  ["resnet18", "layer4"],
  ["resnet18", "layer2"],
  ["efficientnet_lite0", "blocks.5"],
];

vi.setConfig({ testTimeout: 120_000 });

test.each(cases)("%s from %s up has the loss and the gradients of the whole step", async (name, trainFrom) => {
  const network = networkOf(name, trainFrom);
  const weights = formulaWeights(network.backbone);
  const whole = await gradientsOf({ ...network, trainFrom: "body-low" }, weights, stripes());
  const activations = await activationsOf(network, weights, stripes());
  expect(activations.dims).toEqual([BATCH, ...partInput(network).shape]);
  const part = await gradientsOf(network, weights, activations);
  const trained = { stages: freezeTo(network.backbone, trainFrom).trained };
  expect([...part.keys()]).toEqual(["loss", ...learnedOf(trained, network.head).map((one) => gradientOf(one.name))]);
  expect(lossOf(part) / lossOf(whole)).toBeCloseTo(1, 3);
  // Other roundings on the way, and with relu6 a few values on the other side of a bend.
  expect(distance(part, whole)).toBeLessThan(1e-2);
});

test("half floats change loss and gradients of a pretrained network by less than a tenth of what a grey level does", async () => {
  const network = networkOf("efficientnet_lite0", "blocks.5");
  const weights = await loadBackboneWeights("efficientnet_lite0", DEFAULT_WEIGHTS_DIR);
  const activations = await activationsOf(network, weights, stripes());
  const exact = await gradientsOf(network, weights, activations);
  const data = Float32Array.from(new Float16Array(activations.data));
  const rounded = await gradientsOf(network, weights, { ...activations, data });
  const grey = await gradientsOf(network, weights, await activationsOf(network, weights, oneGreyLevel(stripes())));
  const lossChange = (changed: Gradients) => Math.abs(lossOf(changed) - lossOf(exact));
  expect(distance(rounded, exact)).toBeGreaterThan(0);
  expect(distance(rounded, exact)).toBeLessThan(distance(grey, exact) / 10);
  expect(lossChange(rounded)).toBeLessThan(lossChange(grey) / 10);
});
