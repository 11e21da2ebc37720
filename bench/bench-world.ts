// All of Ursa with a trained model behind an alias, for benches of what comes after training.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import { startGallery } from "../cli/src/local/demo/gallery-process.ts";
import { runMainJob } from "../cli/src/local/demo/main-job.ts";
import { startUrsa, type Ursa } from "../cli/src/local/up/supervisor.ts";
import { createPrinter } from "../cli/src/print.ts";

export type BenchWorld = AsyncDisposable & {
  ursa: Ursa;
  client: Client;
  alias: string;
  dataset: Dataset;
  /** The id of the one behind the alias. */
  model: string;
  artifact: { modelJson: Uint8Array; modelOnnx: Uint8Array };
  threads: number;
};

const ALIAS = "bears@bench";

/** @param options.folder real pictures, one sub-folder per class; drawn bears when left out */
export async function startBenchWorld(options: { folder?: string } = {}): Promise<BenchWorld> {
  const home = await mkdtemp(join(tmpdir(), "ursa-bench-"));
  const gallery = await startGallery({ seed: 1, ...options });
  const ursa = await startUrsa({ home, port: 0, allowFetch: [gallery.address] });
  const client = createClient({ baseUrl: ursa.apiUrl });
  const session = { client, print: createPrinter(false), signal: new AbortController().signal };
  const job = await runMainJob(session, {
    lists: gallery.classes,
    recipe: "quick",
    seed: 1,
    alias: ALIAS,
    classifyCount: 10,
  });
  const download = async (name: string) => {
    const response = await client.call("getArtifact", { params: { id: job.model.id, stage: "stage-1", name } });
    return new Uint8Array(await response.arrayBuffer());
  };
  return {
    ursa,
    client,
    alias: ALIAS,
    dataset: job.dataset,
    model: job.model.id,
    artifact: { modelJson: await download("model.json"), modelOnnx: await download("model.onnx") },
    threads: Math.min(availableParallelism(), 4),
    async [Symbol.asyncDispose]() {
      await ursa.stop();
      gallery.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
