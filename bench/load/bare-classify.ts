// Classifying through API and inferer, in turn with the same decoder and model in one process.
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { startBenchWorld } from "../bench-world.ts";
import { p50 } from "../quantiles.ts";
import type { Order as BareOrder, Classified } from "./bare-classifier.ts";
import { type ChildProgram, startChild } from "./child-program.ts";
import type { Order, Sent } from "./http-client.ts";
import { bound, type PartOptions, type PartReport, say } from "./part.ts";
import { meanKb, readPhotographs } from "./photographs.ts";
import { type Watch, watchUrsa } from "./watch-ursa.ts";

const MINUTES = 4;
const ROUNDS = 6;
/** Enough that nobody ever waits for a caller. */
const AT_ONCE = 8;
const LEAST = 0.85;

/** Pictures a second and for each second of CPU. */
type Rate = { perSecond: number; perCpuSecond: number };

export async function compareClassify({ minutes = MINUTES, folder }: PartOptions): Promise<PartReport> {
  const kb = meanKb(await readPhotographs(folder));
  // Which pictures its model was trained on plays no part.
  await using world = await startBenchWorld();
  await using scratch = await createScratchFolder();
  await writeFile(join(scratch.path, "model.json"), world.artifact.modelJson);
  await writeFile(join(scratch.path, "model.onnx"), world.artifact.modelOnnx);
  await using watch = watchUrsa(world.ursa);
  await using client = startChild<Order, Sent>("http-client.ts");
  await using bareChild = startChild<BareOrder, Classified>("bare-classifier.ts");
  const order = { url: `${world.ursa.apiUrl}/v1/classify?model=${world.alias}`, folder, atOnce: AT_ONCE };
  const bareOrder = { model: scratch.path, folder, threads: world.threads, atOnce: AT_ONCE };
  const seconds = (60 * minutes) / (2 * ROUNDS);
  const through: Rate[] = [];
  const bare: Rate[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    // The first is to warm up.
    const [one, other] = [
      await throughServices({ watch, client }, { ...order, seconds }),
      rateOf(await bareChild.ask({ ...bareOrder, seconds })),
    ];
    say(`${one.perSecond.toFixed(1)} through the services, ${other.perSecond.toFixed(1)} bare`);
    if (round < 0) continue;
    through.push(one);
    bare.push(other);
  }
  const ratio = (of: keyof Rate) => p50(through.map((rate, round) => rate[of] / (bare[round]?.[of] ?? Number.NaN)));
  const middle = (rates: Rate[], of: keyof Rate) => p50(rates.map((rate) => rate[of]));
  return {
    lines: [
      `classify: photographs of ${kb.toFixed(0)} kB, ${AT_ONCE} at once, ${ROUNDS} alternating pairs of ${seconds.toFixed(0)} s, medians; a second of which the client`,
      "takes a part of all cores is so much shorter; bare: the same decoder and model, the same threads, in one process without HTTP",
    ],
    bounds: [
      bound("classified, the client's CPU subtracted", [middle(through, "perSecond"), "/s"]),
      bound("bare", [middle(bare, "perSecond"), "/s"]),
      bound("classified / bare", [ratio("perSecond")], { least: LEAST }),
      bound("CPU of the services for a picture", [1000 / middle(through, "perCpuSecond"), "ms"]),
      bound("CPU of bare for a picture", [1000 / middle(bare, "perCpuSecond"), "ms"]),
      bound("bare's CPU / that of the services", [ratio("perCpuSecond")]),
    ],
  };
}

type Measured = { watch: Watch; client: ChildProgram<Order, Sent> };

/**
 * The client shares the machine with what it measures and the bare side has none: the time that all cores would have been free for the
 * services is what remains when the client's share of them is taken off.
 */
async function throughServices({ watch, client }: Measured, order: Order): Promise<Rate> {
  const before = await watch.read();
  const { answers, seconds, cpu } = await client.ask(order);
  const after = await watch.read();
  if (answers.some(({ status }) => status !== 200)) throw new Error("Not every picture was answered.");
  const spent = ["api", "inferer"].reduce((sum, name) => sum + (after.cpu[name] ?? 0) - (before.cpu[name] ?? 0), 0);
  const own = seconds - cpu / availableParallelism();
  return { perSecond: answers.length / own, perCpuSecond: answers.length / spent };
}

const rateOf = ({ pictures, seconds, cpu }: Classified): Rate => ({
  perSecond: pictures / seconds,
  perCpuSecond: pictures / cpu,
});
