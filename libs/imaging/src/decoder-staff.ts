// Keeps a fixed number of decoder processes alive: starts them, lends the idle ones, replaces the dead.
import { type DecoderLimits, type DecoderProcess, startDecoderProcess } from "./decoder-process.ts";

// Decoders that die before their first task are not the pictures' fault: sharp is missing, or the machine is full.
const MAX_FAILED_STARTS = 3;
const PAUSE_AFTER_FAILED_START_MS = 500;

export type DecoderStaffOptions = {
  count: number;
  limits: DecoderLimits;
  /** A decoder can be taken. */
  onIdle(): void;
  /** Several decoders in a row died before they were ready; called again for each further one. */
  onCannotStart(error: Error): void;
};

export class DecoderStaff {
  restarts = 0;
  readonly #options: DecoderStaffOptions;
  readonly #alive = new Set<DecoderProcess>();
  readonly #idle: DecoderProcess[] = [];
  #failedStarts = 0;
  #isClosed = false;

  constructor(options: DecoderStaffOptions) {
    this.#options = options;
    for (let i = 0; i < options.count; i++) this.#start();
  }

  get size(): number {
    return this.#alive.size;
  }

  takeIdle(): DecoderProcess | undefined {
    return this.#idle.pop();
  }

  /** Lends a decoder again after a task; one that died meanwhile is forgotten. */
  giveBack(decoder: DecoderProcess): void {
    if (this.#alive.has(decoder) && !decoder.isCondemned) this.#idle.push(decoder);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const decoders = [...this.#alive];
    for (const decoder of decoders) decoder.kill();
    await Promise.all(decoders.map((decoder) => decoder.exited()));
  }

  #start(): void {
    const decoder = startDecoderProcess(this.#options.limits);
    this.#alive.add(decoder);
    decoder.ready().then(
      () => {
        this.#failedStarts = 0;
        this.giveBack(decoder);
        this.#options.onIdle();
      },
      (cause) => this.#countFailedStart(cause),
    );
    void decoder.exited().then(() => this.#replace(decoder));
  }

  #replace(dead: DecoderProcess): void {
    this.#alive.delete(dead);
    const seat = this.#idle.indexOf(dead);
    if (seat >= 0) this.#idle.splice(seat, 1);
    if (this.#isClosed) return;
    this.restarts++;
    const startAgain = () => this.#isClosed || this.#start();
    if (this.#failedStarts === 0) startAgain();
    else setTimeout(startAgain, PAUSE_AFTER_FAILED_START_MS).unref();
  }

  #countFailedStart(cause: unknown): void {
    this.#failedStarts++;
    if (this.#isClosed || this.#failedStarts < MAX_FAILED_STARTS) return;
    const message = "decoder processes die as soon as they start; is sharp installed for this kind of machine?";
    this.#options.onCannotStart(new Error(message, { cause }));
  }
}
