// The models an inferer has in memory: bounded by bytes, least recently used first out, one load however many ask.
// A newer stage that fails to load leaves the older one serving.
import type { Classifier } from "@ursa/classifier/predict";
import type { StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { type Closable, type LeasedModel, leaseModel } from "./leased-model.ts";

/** Without a stage: whichever is the latest. */
export type ModelOwner = { namespace: string; id: string; stage?: StageName };
/** `version` tells one set of model files from another. */
export type Served = { version: string };

export type ModelCacheOptions<S extends Served, M extends Closable = Classifier> = {
  maxBytes: number;
  /** Which files a model is served from now. Throws Problem not_found when the model is gone. */
  find: (owner: ModelOwner) => Promise<S>;
  /** Verified, loaded and warmed up. */
  load: (served: S) => Promise<M>;
  /** Told of a refresh that failed while an older version keeps serving. */
  onKept: (owner: ModelOwner, error: unknown) => void;
  /** Told when models came or went. */
  onChange?: (stats: CacheStats) => void;
  now?: () => number;
};

export type CacheStats = { models: number; bytes: number };
type Slot<M extends Closable> = {
  owner: ModelOwner;
  model?: LeasedModel<M> | undefined;
  checkedAt: number;
  refreshing?: Promise<LeasedModel<M>>;
};

/** A model is looked up again after this long, behind the caller's back… */
const FRESH_MS = 5_000;
/** …and before answering when nobody asked for this long, so that a deleted model is not served from memory. */
const STALE_MS = 60_000;

export class ModelCache<S extends Served, M extends Closable = Classifier> {
  readonly #options: ModelCacheOptions<S, M>;
  readonly #now: () => number;
  // In order of use: the first is the least recently used.
  readonly #slots = new Map<string, Slot<M>>();
  #lastLoad: Promise<unknown> = Promise.resolve();

  constructor(options: ModelCacheOptions<S, M>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Runs `work` with the model, which stays open until it settles. Throws what finding or loading threw. */
  async use<T>(owner: ModelOwner, work: (model: M) => Promise<T>): Promise<T> {
    const key = `${owner.namespace}/${owner.id}/${owner.stage ?? ""}`;
    const slot = this.#slots.get(key) ?? { owner, checkedAt: Number.NEGATIVE_INFINITY };
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    const age = this.#now() - slot.checkedAt;
    if (!slot.model || age > STALE_MS) return (await this.#refreshOnce(key, slot)).use(work);
    // What goes wrong here has been handled: the model is kept or dropped, and the next caller learns of it.
    if (age > FRESH_MS) this.#refreshOnce(key, slot).catch(() => {});
    return slot.model.use(work);
  }

  stats(): CacheStats {
    const loaded = [...this.#slots.values()].flatMap(({ model }) => model ?? []);
    return { models: loaded.length, bytes: loaded.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Closes every model as soon as nobody uses it. */
  async close(): Promise<void> {
    const closing = [...this.#slots.values()].map(({ model }) => model?.retire());
    this.#slots.clear();
    await Promise.all(closing);
  }

  #refreshOnce(key: string, slot: Slot<M>): Promise<LeasedModel<M>> {
    slot.refreshing ??= this.#refresh(key, slot)
      .catch((error: unknown) => this.#keepOrDrop(key, slot, error))
      .finally(() => {
        delete slot.refreshing;
        slot.checkedAt = this.#now();
      });
    return slot.refreshing;
  }

  async #refresh(key: string, slot: Slot<M>): Promise<LeasedModel<M>> {
    const served = await this.#options.find(slot.owner);
    if (slot.model?.version === served.version) return slot.model;
    const model = leaseModel(await this.#loadInTurn(served), served.version);
    void slot.model?.retire();
    slot.model = model;
    this.#makeRoom(key);
    this.#options.onChange?.(this.stats());
    return model;
  }

  #keepOrDrop(key: string, slot: Slot<M>, error: unknown): LeasedModel<M> {
    const isGone = error instanceof Problem && error.code === "not_found";
    if (slot.model && !isGone) {
      this.#options.onKept(slot.owner, error);
      return slot.model;
    }
    void slot.model?.retire();
    slot.model = undefined;
    if (this.#slots.get(key) === slot) this.#slots.delete(key);
    this.#options.onChange?.(this.stats());
    throw error;
  }

  /** One load after another, so that at most one model is in memory beyond the bound. */
  #loadInTurn(served: S): Promise<M> {
    const load = this.#lastLoad.then(() => this.#options.load(served));
    this.#lastLoad = load.catch(() => {});
    return load;
  }

  /** The model just loaded stays even when it alone is larger than the bound: refusing to serve it would help nobody. */
  #makeRoom(kept: string): void {
    for (const [key, slot] of this.#slots) {
      if (this.stats().bytes <= this.#options.maxBytes) return;
      if (key === kept || !slot.model) continue;
      void slot.model.retire();
      slot.model = undefined;
      // A slot that is being refreshed is about to have a model again, and must stay findable for it.
      if (!slot.refreshing) this.#slots.delete(key);
    }
  }
}
