// `ursa bench interpretation [folder]`: how long the first look at a model takes: all items of its dataset classified as they are
// served, summarised, and read back. `--json` ends with one line of JSON.
import { parseArgs } from "node:util";
import { startBenchWorld } from "./bench-world.ts";
import { machine } from "./machine.ts";

/** So many seconds for so many items. */
const MOST = { seconds: 10, items: 300 };

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [folder] = positionals;
await using world = await startBenchWorld(folder ? { folder } : {});
const { client, model } = world;
const address = { params: { id: model } };

const began = performance.now();
const { evaluation } = await client.call("createInterpretation", { ...address, body: { stage: "stage-1" } });
for await (const { data } of await client.call("evaluationEvents", { params: { id: evaluation.id } })) {
  if (data.type === "state" && data.state === "ready") break;
}
const { result } = await client.call("getInterpretation", { ...address, query: { stage: "stage-1" } });
const seconds = (performance.now() - began) / 1000;

const items = result?.count ?? 0;
// What does not depend on the number of items is scaled with the rest: that errs on the slow side for fewer than 300 items only.
const per300 = (seconds * MOST.items) / items;
const ok = per300 <= MOST.seconds;
console.log(`${machine()}\n`);
console.log(
  `${items} items interpreted in ${seconds.toFixed(1)} s: ${per300.toFixed(1)} s for ${MOST.items} (${MOST.seconds} wanted)`,
);
if (values.json) console.log(JSON.stringify({ ok, items, seconds, per300 }));
process.exitCode = ok ? 0 : 1;
