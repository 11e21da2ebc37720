// Decodes foreign bytes in a bounded set of child processes, so that a hostile picture costs one row and not a worker.
// Imports no codec: a service that only starts a pool stays small.
import { availableParallelism } from "node:os";

import type { AugmentationParameters } from "./augment-pixels.ts";
import type { ContactSheet } from "./contact-sheet.ts";
import type { DecoderResult, DecoderTask } from "./decoder-messages.ts";
import { DecoderDied, type DecoderProcess } from "./decoder-process.ts";
import { DecoderStaff } from "./decoder-staff.ts";
import { type ImageOutcome, ImageRefused } from "./image-refused.ts";
import type { SoundPicture } from "./inspect-picture.ts";
import { MAX_PIXELS } from "./max-pixels.ts";
import type { PictureStatistics } from "./measure-picture.ts";

export type Inspection = SoundPicture | { ok: false; outcome: ImageOutcome; reason: string };

export interface DecoderPool extends AsyncDisposable {
  /** Full verification of foreign bytes. With `preparedShortSide`, also the JPEG that training reads. */
  inspect(bytes: Uint8Array, options: { preparedShortSide?: number }, signal?: AbortSignal): Promise<Inspection>;
  /** The validation and inference view: RGB `[size, size, 3]`. @throws ImageRefused */
  view(bytes: Uint8Array, size: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** The views of test-time augmentation, the plain one first: RGB `[size, size, 3]` each. @throws ImageRefused */
  ttaViews(bytes: Uint8Array, size: number, signal?: AbortSignal): Promise<Uint8Array[]>;
  /** Training views of a prepared JPEG or an original, in the order of `augmentations`: RGB `[size, size, 3]` each. @throws ImageRefused */
  augment(
    bytes: Uint8Array,
    size: number,
    augmentations: readonly AugmentationParameters[],
    signal?: AbortSignal,
  ): Promise<Uint8Array[]>;
  /** A JPEG for people, re-encoded and free of metadata, no larger than `longSide`. @throws ImageRefused */
  thumbnail(bytes: Uint8Array, longSide: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** How sharp and how bright a prepared JPEG or an original is. @throws ImageRefused */
  measure(bytes: Uint8Array, signal?: AbortSignal): Promise<PictureStatistics>;
  /** A PNG of views with a title above each: no foreign bytes, but some of the time that the pool's caller has not. */
  contactSheet(sheet: ContactSheet, signal?: AbortSignal): Promise<Uint8Array>;
  stats(): DecoderPoolStats;
  /** Kills the decoders; what is waiting or running rejects. Resolves when every process is gone. */
  close(): Promise<void>;
}

export type DecoderPoolStats = { processes: number; busy: number; waiting: number; restarts: number };

export type DecoderPoolOptions = {
  /** Default: one per core, at most 4. */
  processes?: number | undefined;
  /** For one picture, from the moment a decoder has it. */
  timeoutMs?: number;
  /** Resident memory of one decoder. */
  maxMemoryMb?: number;
  maxPixels?: number;
};

// The defaults: the dearest picture within 50 megapixels (see the memory test) fits, on a machine four times slower than ours.
const TIMEOUT_MS = 20_000;
const MAX_MEMORY_MB = 1024;
const MAX_PROCESSES = 4;
// A picture gets a second decoder, because the first may have died of something else.
const MAX_DEATHS = 2;

/** Starts the processes at once; the first tasks wait for them. */
export function startDecoderPool(options: DecoderPoolOptions = {}): DecoderPool {
  const desk = new DecodingDesk(options);
  // Each kind of task is answered with its own kind of result: see decode() in decoder.ts.
  const pixels = (task: DecoderTask, signal?: AbortSignal) => desk.enqueue(task, signal) as Promise<Uint8Array>;
  const views = (task: DecoderTask, signal?: AbortSignal) => desk.enqueue(task, signal) as Promise<Uint8Array[]>; // Likewise.
  return {
    async inspect(bytes, { preparedShortSide }, signal) {
      try {
        return (await desk.enqueue({ kind: "inspect", bytes, preparedShortSide }, signal)) as SoundPicture; // Likewise.
      } catch (error) {
        if (error instanceof ImageRefused) return { ok: false, outcome: error.outcome, reason: error.reason };
        throw error;
      }
    },
    view: (bytes, size, signal) => pixels({ kind: "view", bytes, size }, signal),
    ttaViews: (bytes, size, signal) => views({ kind: "ttaViews", bytes, size }, signal),
    augment: (bytes, size, augmentations, signal) => views({ kind: "augment", bytes, size, augmentations }, signal),
    thumbnail: (bytes, longSide, signal) => pixels({ kind: "thumbnail", bytes, longSide }, signal),
    measure: (bytes, signal) => desk.enqueue({ kind: "measure", bytes }, signal) as Promise<PictureStatistics>, // Likewise.
    contactSheet: (sheet, signal) => pixels({ kind: "contactSheet", ...sheet }, signal),
    stats: () => desk.stats(),
    close: () => desk.close(),
    [Symbol.asyncDispose]: () => desk.close(),
  };
}

type Job = { task: DecoderTask; deaths: number; resolve(result: DecoderResult): void; reject(error: unknown): void };

// First come, first served, to whichever decoder is free.
class DecodingDesk {
  readonly #staff: DecoderStaff;
  readonly #waiting: Job[] = [];
  #busy = 0;
  #isClosed = false;

  constructor(options: DecoderPoolOptions) {
    this.#staff = new DecoderStaff({
      count: options.processes ?? Math.min(availableParallelism(), MAX_PROCESSES),
      limits: {
        maxPixels: options.maxPixels ?? MAX_PIXELS,
        maxMemoryMb: options.maxMemoryMb ?? MAX_MEMORY_MB,
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      },
      onIdle: () => this.#dispatch(),
      onCannotStart: (error) => this.#rejectWaiting(error),
    });
  }

  async enqueue(task: DecoderTask, signal?: AbortSignal): Promise<DecoderResult> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw closedError();
    const { promise, resolve, reject } = Promise.withResolvers<DecoderResult>();
    const job: Job = { task, deaths: 0, resolve, reject };
    this.#waiting.push(job);
    this.#dispatch();
    const giveUp = () => this.#cancel(job, signal?.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    return await promise.finally(() => signal?.removeEventListener("abort", giveUp));
  }

  stats(): DecoderPoolStats {
    const { size: processes, restarts } = this.#staff;
    return { processes, busy: this.#busy, waiting: this.#waiting.length, restarts };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rejectWaiting(closedError());
    await this.#staff.close();
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const decoder = this.#staff.takeIdle();
      if (!decoder) return;
      const job = this.#waiting.shift();
      if (job) void this.#work(decoder, job);
    }
  }

  async #work(decoder: DecoderProcess, job: Job): Promise<void> {
    this.#busy++;
    try {
      job.resolve(await decoder.run(job.task));
    } catch (error) {
      if (error instanceof DecoderDied) this.#tryAgain(job, error);
      else job.reject(error);
    }
    this.#busy--;
    this.#staff.giveBack(decoder);
    this.#dispatch();
  }

  #tryAgain(job: Job, death: DecoderDied): void {
    job.deaths++;
    if (this.#isClosed) job.reject(closedError());
    else if (job.deaths < MAX_DEATHS) this.#waiting.unshift(job);
    else
      job.reject(new ImageRefused("decoder_crashed", `${job.deaths} decoders died of it; the last ${death.message}`));
  }

  // A picture being decoded is decoded to the end, which its time limit bounds; only nobody waits for it any more.
  #cancel(job: Job, reason: unknown): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    job.reject(reason);
  }

  #rejectWaiting(error: Error): void {
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }
}

const closedError = () => new Error("this decoder pool is closed; start another one to decode more pictures");
