// `ursa bench classify [photo.jpg]`: one picture through API and inferer, split into decode, network and model,
// beside its limit: the same decoder and model called directly in one process.
import { readFile } from "node:fs/promises";
import { loadClassifier } from "@ursa/classifier/predict";
import type { Classification } from "@ursa/contracts/prediction";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { drawPhotograph } from "@ursa/testing/pictures";
import { table } from "../cli/src/print.ts";
import { type BenchWorld, startBenchWorld } from "./bench-world.ts";
import { machine } from "./machine.ts";
import { p50, p95 } from "./quantiles.ts";

const WARM_UP = 20;
const ROUNDS = 200;

const [path] = process.argv.slice(2);
const picture = path ? await readFile(path) : await drawPhotograph(1);
await using world = await startBenchWorld();
const through = await throughServices(world, picture);
const direct = await directly(world, picture);

const row = (name: string, values: number[]) => [name, p50(values).toFixed(1), p95(values).toFixed(1)];
const network = through.map(({ seen, answer }) => seen - answer.milliseconds.decode - answer.milliseconds.model);
console.log(
  `${machine()}\n${Math.round(picture.length / 1000)} kB picture, ${ROUNDS} requests one after another, milliseconds\n`,
);
console.log(
  table(
    ["", "p50", "p95"],
    [
      row(
        "total, seen by the caller",
        through.map(({ seen }) => seen),
      ),
      row(
        "  decode and view",
        through.map(({ answer }) => answer.milliseconds.decode),
      ),
      row(
        "  model",
        through.map(({ answer }) => answer.milliseconds.model),
      ),
      row("  network, API and the rest", network),
      row("limit: decode and model in one process", direct),
    ],
  ),
);
console.log(`\ntotal / limit: ${(p50(through.map(({ seen }) => seen)) / p50(direct)).toFixed(2)}`);

async function throughServices({ client, alias }: BenchWorld, body: Uint8Array) {
  const rounds: { seen: number; answer: Classification }[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const asked = performance.now();
    const answer = await client.call("classify", { query: { model: alias }, body });
    rounds.push({ seen: performance.now() - asked, answer });
  }
  return rounds.slice(WARM_UP);
}

async function directly({ artifact, threads }: BenchWorld, body: Uint8Array): Promise<number[]> {
  const decoders = startDecoderPool();
  const classifier = await loadClassifier(artifact, { threads });
  const times: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const asked = performance.now();
    await classifier.predict([await decoders.view(body, classifier.size)]);
    times.push(performance.now() - asked);
  }
  await Promise.all([decoders.close(), classifier.close()]);
  return times.slice(WARM_UP);
}
