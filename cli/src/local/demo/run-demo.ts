// The demo: starts Ursa and a gallery of pictures with planted faults, runs the main job, and checks what came of it.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createClient } from "@ursa/contracts/client";
import type { Printer } from "../../print.ts";
import { startUrsa, type Ursa } from "../up/supervisor.ts";
import { checkJob } from "./check-job.ts";
import { type Gallery, startGallery } from "./gallery-process.ts";
import { type MainJob, runMainJob } from "./main-job.ts";
import { reportJson, reportText } from "./report.ts";

export type DemoOptions = {
  folder?: string;
  seed?: number;
  keep?: boolean;
  home?: string;
  port?: number;
  print: Printer;
};

const ALIAS = "bears@demo";
/** The gallery has pictures that never end; nobody should wait half a minute to see that. */
const DEMO_ENV = { URSA_FETCH_TIMEOUT_S: "5" };
const CLASSIFY_COUNT = 40;
/** A service that dies is started again within seconds; the demo waits that long. */
const RETRIES = 40;

/** @returns the exit code: 0 when every count is as planted */
export async function runDemo(options: DemoOptions): Promise<number> {
  const started = performance.now();
  const home = options.home ?? (await freshHome());
  options.print.note(options.folder ? `serving the pictures of ${options.folder}` : "drawing bears");
  const gallery = await startGallery({
    seed: options.seed ?? 1,
    ...(options.folder ? { folder: resolve(options.folder) } : {}),
  });
  try {
    const ursa = await startUrsa({ home, port: options.port ?? 0, allowFetch: [gallery.address], env: DEMO_ENV });
    try {
      options.print.note(`Ursa runs at ${ursa.apiUrl}`);
      return await runAndCheck({ ursa, gallery, started }, options);
    } finally {
      await ursa.stop();
    }
  } finally {
    gallery.close();
    if (!options.home) await rm(home, { recursive: true, force: true });
  }
}

type Stage = { ursa: Ursa; gallery: Gallery; started: number };

async function runAndCheck({ ursa, gallery, started }: Stage, options: DemoOptions): Promise<number> {
  const { print, seed } = options;
  const session = {
    client: createClient({ baseUrl: ursa.apiUrl, retries: RETRIES }),
    print,
    signal: new AbortController().signal,
  };
  const job = await runMainJob(session, { lists: gallery.classes, seed, alias: ALIAS, classifyCount: CLASSIFY_COUNT });
  const faults = checkJob(gallery, job);
  const measured = { peakRssMb: ursa.peakRssMb().byProcess, wallSeconds: (performance.now() - started) / 1000 };
  print.answer(reportJson(job, measured, faults.length === 0), reportText(job, measured));
  for (const fault of faults) print.note(`NOT AS PLANTED  ${fault}`);
  if (faults.length === 0) print.note(`\nEvery URL is accounted for${gallery.expected ? ", each as planted" : ""}.`);
  if (options.keep) await lookAround(ursa, job, print);
  return faults.length === 0 ? 0 : 1;
}

async function lookAround(ursa: Ursa, job: MainJob, print: Printer): Promise<void> {
  print.note(`Kept running: ${ursa.apiUrl} (status), ${ursa.apiUrl}/docs (API), docs/ (guides). Ctrl+C stops it.`);
  print.note(`Try: ./ursa --url ${ursa.apiUrl} dataset items ${job.dataset.id} --outcome corrupt_image`);
  await new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
}

async function freshHome(): Promise<string> {
  await mkdir(".ursa", { recursive: true });
  return mkdtemp(join(".ursa", "demo-"));
}
