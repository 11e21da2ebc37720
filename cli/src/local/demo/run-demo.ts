// The demo: starts Ursa and a gallery of pictures with planted faults, runs the main job, and checks what came of it.
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createClient } from "@ursa/contracts/client";
import type { RecipeName } from "@ursa/contracts/named-recipes";
import { DEFAULT_HOME } from "../../default-home.ts";
import { exitCodeOf, explain } from "../../failure.ts";
import type { Printer } from "../../print.ts";
import { exitCodeOfSignal, onStopSignals, type StopSignal } from "../stop-signals.ts";
import { startUrsa, type Ursa } from "../up/supervisor.ts";
import { checkJob } from "./check-job.ts";
import { type Gallery, galleryAt, startGallery } from "./gallery-process.ts";
import { type MainJob, runMainJob } from "./main-job.ts";
import { failureJson, type Measured, reportJson, reportText } from "./report.ts";

export type DemoOptions = {
  folder?: string;
  recipe: RecipeName;
  seed?: number;
  keep?: boolean;
  home?: string;
  port?: number;
  /** An Ursa that runs already, and the gallery as its downloader reaches it: nothing is started but what reads the same pictures here. */
  running?: Running;
  print: Printer;
};
export type Running = { apiUrl: string; key?: string | undefined; gallery: string };

const ALIAS = "bears@demo";
/** Of the Ursa that the demo starts: it is on loopback and for the demo alone, so whatever keys the shell has are not for it. */
const NO_KEYS = { URSA_KEYS: "off", URSA_ADMIN_KEY: "", URSA_ADMIN_KEY_FILE: "" };
/** The gallery has pictures that never end; nobody should wait half a minute to see that. */
const DEMO_ENV = { ...NO_KEYS, URSA_FETCH_TIMEOUT_S: "5" };
const CLASSIFY_COUNT = 40;
/** A service that dies is started again within seconds; the demo waits that long. */
const RETRIES = 40;
/** Of an interrupted demo nothing is kept, so no work needs to be finished. */
const INTERRUPTED_GRACE_MS = 1_000;

/** @returns the exit code: 0 when every count is as planted, 1 when not or when something failed, 128 + n after a signal */
export async function runDemo(options: DemoOptions): Promise<number> {
  const scene: Scene = { options, started: performance.now(), stopping: new AbortController(), known: {} };
  let stoppedBy: StopSignal | undefined;
  const unlisten = onStopSignals({
    first: (signal) => {
      stoppedBy = signal;
      scene.stopping.abort(new Error(`Stopped by ${signal}; nothing was left running.`));
    },
    again: () => void scene.ursa?.stop(0),
  });
  try {
    return await runOnStage(scene);
  } catch (error) {
    // Whatever broke because everything was stopped, that it was stopped is the reason.
    const sentence = explain(stoppedBy ? scene.stopping.signal.reason : error) ?? "";
    options.print.note(sentence);
    if (options.print.isJson) options.print.answer(failureJson(scene.known, measure(scene), sentence), "");
    return stoppedBy ? exitCodeOfSignal(stoppedBy) : exitCodeOf(error);
  } finally {
    unlisten();
  }
}

/** What the job goes through: an Ursa of its own, or one that was there. */
type Stage = { apiUrl: string; key?: string | undefined; gallery: Gallery; nearby?: (url: string) => string };

type Scene = {
  options: DemoOptions;
  started: number;
  stopping: AbortController;
  /** What is known of the job, also when it fails. */
  known: Partial<MainJob>;
  ursa?: Ursa;
};

const measure = ({ ursa, started, options }: Scene): Measured => ({
  peakRssMb: options.running ? undefined : (ursa?.peakRssMb().byProcess ?? {}),
  wallSeconds: (performance.now() - started) / 1000,
});

/** Whatever was started or made is taken away again, in the opposite order. */
async function runOnStage(scene: Scene): Promise<number> {
  const { options, stopping } = scene;
  const { signal } = stopping;
  const { running, seed = 1 } = options;
  await using stack = new AsyncDisposableStack();
  const home = options.home ?? (running ? undefined : stack.adopt(await freshHome(), removeFolder));
  const what = options.folder ? `serving the pictures of ${options.folder}` : "drawing bears";
  options.print.note(home ? `${what}; data and logs lie in ${home}` : what);
  const folder = options.folder ? { folder: resolve(options.folder) } : {};
  const gallery = await startGallery({ seed, ...folder, signal });
  stack.defer(() => gallery.close());
  if (running) {
    options.print.note(`through the Ursa at ${running.apiUrl}, which fetches from ${running.gallery}`);
    return await runAndCheck(scene, { ...running, ...galleryAt(running.gallery, gallery) });
  }
  const allowFetch = [gallery.address];
  const ursa = await startUrsa({
    ...(home ? { home } : {}),
    port: options.port ?? 0,
    allowFetch,
    env: DEMO_ENV,
    signal,
  });
  stack.defer(() => ursa.stop(signal.aborted ? INTERRUPTED_GRACE_MS : undefined));
  scene.ursa = ursa;
  options.print.note(`Ursa runs at ${ursa.apiUrl}`);
  return await runAndCheck(scene, { apiUrl: ursa.apiUrl, gallery });
}

async function runAndCheck(scene: Scene, { apiUrl, key, gallery, nearby }: Stage): Promise<number> {
  const { print, recipe, seed, keep } = scene.options;
  const { signal } = scene.stopping;
  const send: typeof fetch = (address, init) => fetch(address, { ...init, signal });
  const session = { client: createClient({ baseUrl: apiUrl, key, retries: RETRIES, fetch: send }), print, signal };
  const picked = { recipe, seed, alias: ALIAS, classifyCount: CLASSIFY_COUNT };
  const options = { ...picked, lists: gallery.classes, ...(nearby ? { nearby } : {}) };
  const job = await runMainJob(session, options, scene.known);
  const faults = checkJob(gallery, job);
  const measured = measure(scene);
  for (const fault of faults) print.note(`NOT AS PLANTED  ${fault}`);
  const report = reportJson(job, measured, faults.length === 0);
  const error = faults.length > 0 ? { error: `not as planted: ${faults.join("; ")}` } : {};
  print.answer({ ...report, ...error }, reportText(job, measured));
  if (faults.length === 0) print.note(`\nEvery URL is accounted for${gallery.expected ? ", each as planted" : ""}.`);
  if (keep) await lookAround(scene, job, apiUrl);
  return faults.length === 0 ? 0 : 1;
}

async function lookAround({ options, stopping }: Scene, job: MainJob, apiUrl: string): Promise<void> {
  const { print } = options;
  print.note(`Kept running: ${apiUrl} (the web page), ${apiUrl}/docs (API), docs/ (guides). Ctrl+C stops it.`);
  print.note(`Try: ./ursa --url ${apiUrl} dataset items ${job.dataset.id} --outcome corrupt_image`);
  if (!stopping.signal.aborted) await once(stopping.signal, "abort");
}

async function freshHome(): Promise<string> {
  await mkdir(DEFAULT_HOME, { recursive: true });
  return mkdtemp(join(DEFAULT_HOME, "demo-"));
}

const removeFolder = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 3 });
