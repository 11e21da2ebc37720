// One training step of the compiled engine whenever a line comes in: the other side of torch-step.py in `ursa bench train`.
// Arguments: model and threads. Lines: "full" or "tail"; answers: {"seconds": ..., "rssMb": ...}.
import { createInterface } from "node:readline";
import { freezeTo } from "@ursa/classifier/backbones/layer-groups";
import { rateFeeds } from "@ursa/classifier/fit-network";
import { freshOptimizer, freshState } from "@ursa/classifier/fresh-state";
import { learnedOf, statisticsOf } from "@ursa/classifier/network";
import { networkStep } from "@ursa/classifier/network-graphs";
import { type Part, partInput } from "@ursa/classifier/part-input";
import { createRandom } from "@ursa/classifier/random";
import { adamFeeds, dropoutFeeds, labelFeeds } from "@ursa/classifier/step-feeds";
import { type BackboneName, bodyWeights, registryEntry } from "@ursa/classifier/weights-registry";
import { findChannelBlock } from "@ursa/tensor/channel-block";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import type { HostTensor } from "@ursa/tensor/session";

/** The lowest stage of the tail, as torch-step.py cuts it. */
const TAIL: Record<string, string> = { resnet34: "layer4", efficientnet_lite0: "blocks.5" };
const [BATCH, SIZE, CLASSES, SEED] = [16, 224, 3, 1];

const [model = "", threads = "2"] = process.argv.slice(2);
// A name that is none fails here, in the registry.
const name = model as BackboneName;
const { backbone, statistics } = registryEntry(name);
const head = { features: 2 * backbone.channels, classes: CLASSES };

let opened: { way: string; step: Awaited<ReturnType<typeof openWay>> } | undefined;
for await (const way of createInterface(process.stdin)) {
  if (opened?.way !== way) {
    await opened?.step.close();
    opened = { way, step: await openWay(way) };
  }
  const started = performance.now();
  await opened.step.run();
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, rssMb: process.resourceUsage().maxRSS / 1024 }));
}
await opened?.step.close();

async function openWay(way: string) {
  const trainFrom = way === "tail" ? (TAIL[name] ?? "body-high") : "body-low";
  const part = { backbone, size: SIZE, trainFrom };
  const channelBlock = await findChannelBlock();
  const options = { ...part, statistics, head, batch: BATCH, weightDecay: 0.01, trainBn: false, channelBlock };
  const step = await openCompiledStep(networkStep(options), {
    state: await startingState(trainFrom),
    threads: Number(threads),
  });
  const feeds = feedsOf(part);
  return { run: () => step.run(feeds), close: () => step.close() };
}

/** Random weights, as PyTorch's side has them: how long a step takes does not depend on what was learned. */
async function startingState(trainFrom: string) {
  const trained = { stages: freezeTo(backbone, trainFrom).trained };
  const learned = learnedOf(trained, head).map(({ name, shape }): [string, readonly number[]] => [name, shape]);
  const body = await bodyWeights({ backbone: name, pretrained: false, seed: SEED }, "");
  const all = new Map([...body, ...freshState(head, { seed: SEED }, "").tensors]);
  const used = new Set([...learned.map(([name]) => name), ...Object.keys(statisticsOf(trained, head))]);
  return new Map([...[...all].filter(([name]) => used.has(name)), ...freshOptimizer(learned)]);
}

function feedsOf(part: Part): Record<string, HostTensor> {
  const random = createRandom(SEED);
  const { name, element, shape } = partInput(part);
  const count = shape.reduce((product, side) => product * side, BATCH);
  const data =
    element === "uint8"
      ? Uint8Array.from({ length: count }, () => random.uniform(0, 256))
      : Float32Array.from({ length: count }, () => random.uniform());
  const labels = Array.from({ length: BATCH }, (_, i) => i % CLASSES);
  return {
    [name]: { dims: [BATCH, ...shape], data },
    ...labelFeeds(labels, BATCH, { labelSmoothing: 0, classWeights: Array(CLASSES).fill(1) }),
    ...dropoutFeeds({ batch: BATCH, size: head, dropout: 0.5 }, random),
    ...adamFeeds(0.9, 1),
    ...rateFeeds(part, [1e-5, 1e-5, 1e-5]),
  };
}
