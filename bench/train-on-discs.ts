// Discs of neighbouring hues, which a frozen body hardly tells apart: one dataset, and a model of both stages for each seed.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@ursa/contracts/client";
import { DISC_KINDS, drawDisc } from "@ursa/testing/drawn-discs";
import type { Session } from "../cli/src/connect.ts";
import { follow } from "../cli/src/follow.ts";
import { startGallery } from "../cli/src/local/demo/gallery-process.ts";
import { makeDataset } from "../cli/src/local/demo/main-job.ts";
import { stagesOf } from "../cli/src/local/demo/report.ts";
import { startUrsa } from "../cli/src/local/up/supervisor.ts";
import { createPrinter } from "../cli/src/print.ts";
import type { DemoReport } from "./run-demo.ts";

/** Drawn pictures of each kind. */
const COUNT = 500;
const SIDE = 112;
/** Drawn small, so that a body is trained for ten epochs in minutes. All else is the lesson's. */
const RECIPE = { size: 96, stage2: { epochs: 10 } };

/** Trains a model of the lesson per seed, 1 to `seeds`, and tells of each as it is there. */
export async function* trainOnDiscs(seeds: number): AsyncGenerator<Pick<DemoReport, "stages">> {
  await using cleanUp = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "ursa-bench-"));
  cleanUp.defer(() => rm(home, { recursive: true, force: true }));
  const gallery = await startGallery({ folder: await drawAll(join(home, "pictures")), seed: 1 });
  cleanUp.defer(() => gallery.close());
  const ursa = await startUrsa({ home, port: 0, allowFetch: [gallery.address] });
  cleanUp.defer(() => ursa.stop());
  const client = createClient({ baseUrl: ursa.apiUrl });
  const session: Session = { client, print: createPrinter(false), signal: new AbortController().signal };
  const dataset = await makeDataset(session, { lists: gallery.classes, seed: 1 });
  for (let seed = 1; seed <= seeds; seed++) {
    const body = { name: `discs-${seed}`, dataset: dataset.id, recipe: { ...RECIPE, seed } };
    const { id } = await client.call("createModel", { body });
    await follow(session, "model", id);
    yield { stages: stagesOf(await client.call("getModel", { params: { id } })) };
  }
}

async function drawAll(folder: string): Promise<string> {
  for (const kind of DISC_KINDS) {
    await mkdir(join(folder, kind), { recursive: true });
    for (let seed = 0; seed < COUNT; seed++) {
      await writeFile(join(folder, kind, `${seed}.jpg`), await drawDisc(kind, seed, SIDE));
    }
  }
  return folder;
}
