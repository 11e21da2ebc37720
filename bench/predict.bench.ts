// `ursa bench predict [folder]`: batch prediction over a dataset's items, beside its limit: the same bytes decoded and
// predicted in one process without queue, store or results.
import { loadClassifier } from "@ursa/classifier/predict";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { table } from "../cli/src/print.ts";
import { type BenchWorld, startBenchWorld } from "./bench-world.ts";
import { machine } from "./machine.ts";
import { p50 } from "./quantiles.ts";

const ROUNDS = 5;
const BATCH = 16;

const [folder] = process.argv.slice(2);
await using world = await startBenchWorld(folder ? { folder } : {});
const { items } = await world.client.call("listItems", {
  params: { id: world.dataset.id },
  query: { outcome: "ok", limit: 1000 },
});
const pictures = await Promise.all(
  items.map(async ({ url }) => new Uint8Array(await (await fetch(url)).arrayBuffer())),
);

const [batch, direct]: [number[], number[]] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  batch.push(await rate(() => predictAll(world)));
  direct.push(await directly(world));
}
const meanKb = pictures.reduce((sum, { length }) => sum + length, 0) / pictures.length / 1000;
console.log(
  `${machine()}\n${pictures.length} pictures of ${meanKb.toFixed(0)} kB on average, median of ${ROUNDS} alternating rounds\n`,
);
const rows = [
  ["batch prediction, from request to results", p50(batch).toFixed(1)],
  ["limit: decode and predict in one process", p50(direct).toFixed(1)],
];
console.log(table(["pictures per second", ""], rows));
console.log(`\nbatch / limit: ${(p50(batch) / p50(direct)).toFixed(2)}`);

async function rate(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return pictures.length / ((performance.now() - started) / 1000);
}

async function predictAll({ client, alias, dataset }: BenchWorld): Promise<void> {
  const { id } = await client.call("createPrediction", { body: { model: alias, input: { dataset: dataset.id } } });
  for await (const { data } of await client.call("predictionEvents", { params: { id } })) {
    if (data.type === "state" && data.state === "ready") break;
  }
  await (await client.call("getResults", { params: { id } })).text();
}

async function directly({ artifact, threads }: BenchWorld): Promise<number> {
  const decoders = startDecoderPool();
  const classifier = await loadClassifier(artifact, { threads });
  const perSecond = await rate(async () => {
    let views = viewsOf(0);
    for (let start = 0; start < pictures.length; start += BATCH) {
      const ready = await Promise.all(views);
      // The next batch is decoded while this one is predicted.
      views = viewsOf(start + BATCH);
      await classifier.predict(ready);
    }
  });
  await Promise.all([decoders.close(), classifier.close()]);
  return perSecond;

  function viewsOf(start: number): Promise<Uint8Array>[] {
    return pictures.slice(start, start + BATCH).map((picture) => decoders.view(picture, classifier.size));
  }
}
