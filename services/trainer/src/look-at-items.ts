// What an inspection must know of each picture: its features, and how sharp and bright it is. What an earlier one knew is read.
import type { FeatureExtractor } from "@ursa/classifier/features";
import type { FeatureRows } from "@ursa/classifier/inspect/feature-rows";
import type { InspectedPicture } from "@ursa/classifier/inspect/findings";
import type { Progress } from "@ursa/contracts/record";
import type { KeptFeatures, PictureFeatures } from "@ursa/dataset/kept-features";
import { mapConcurrently } from "@ursa/dataset/map-concurrently";
import type { TrainingItem } from "@ursa/dataset/training-set";
import { ImageRefused } from "@ursa/imaging/image-refused";
import type { PictureStatistics } from "@ursa/imaging/measure-picture";
import { ObjectNotFound } from "@ursa/store/object-store";

/** Of the pictures that could be read, in the order of their items. */
export type SeenItems = { pictures: InspectedPicture[]; features: FeatureRows };

type LookOptions = {
  kept: KeptFeatures;
  /** Called where there is something new to see; closed after it. */
  openExtractor(): Promise<FeatureExtractor>;
  /** RGB `[size, size, 3]`. @throws ImageRefused, ObjectNotFound */
  view(item: TrainingItem, signal: AbortSignal): Promise<Uint8Array>;
  /** @throws ImageRefused, ObjectNotFound */
  measure(item: TrainingItem, signal: AbortSignal): Promise<PictureStatistics>;
  /** Numbers per picture. */
  width: number;
  /** Pixels of a view's side. */
  size: number;
  onProgress(progress: Progress): void;
  signal: AbortSignal;
};
type OnKnown = (index: number, known: PictureFeatures) => void;

/** Small objects in the store that are read or written at once. */
const AT_ONCE = 16;
/** Rows in memory on their way to the store: 2.5 MB. */
const ROWS = 256;

/** A picture that cannot be read any more is left out. */
export async function lookAtItems(items: readonly TrainingItem[], options: LookOptions): Promise<SeenItems> {
  const { width } = options;
  const data = new Float32Array(items.length * width);
  const statistics = new Map<number, PictureStatistics>();
  const onKnown: OnKnown = (index, known) => {
    data.set(known.features, index * width);
    statistics.set(index, known.statistics);
  };
  await readKnown(items, options, onKnown);
  const fresh = [...items.keys()].filter((index) => !statistics.has(index));
  options.onProgress({ phase: "features", done: items.length - fresh.length, total: items.length });
  if (fresh.length > 0) await see({ items, fresh }, options, onKnown);
  const read = [...items.keys()].filter((index) => statistics.has(index));
  for (const [row, index] of read.entries()) data.copyWithin(row * width, index * width, (index + 1) * width);
  const features = { count: read.length, width, data: data.subarray(0, read.length * width) };
  return { pictures: read.flatMap((index) => describe(items[index], statistics.get(index))), features };
}

async function readKnown(items: readonly TrainingItem[], { kept, signal }: LookOptions, onKnown: OnKnown) {
  await mapConcurrently([...items.entries()], { limit: AT_ONCE, signal }, async ([index, { sha256 }]) => {
    const known = await kept.read(sha256);
    if (known) onKnown(index, known);
  });
}

type Fresh = { items: readonly TrainingItem[]; fresh: readonly number[] };

/** Computes and keeps what is not known yet. */
async function see({ items, fresh }: Fresh, options: LookOptions, onKnown: OnKnown): Promise<void> {
  const { kept, onProgress, signal } = options;
  const news = fresh.flatMap((index) => items[index] ?? []);
  const statistics = new Map<number, PictureStatistics>();
  let done = items.length - news.length;
  const onBatch = (pictures: number) => {
    done += pictures;
    onProgress({ phase: "features", done, total: items.length });
  };
  await using extractor = await options.openExtractor();
  const views = async (row: number, until: AbortSignal) => [
    await lookAt(news[row], options, { until, onMeasured: (each) => statistics.set(row, each) }),
  ];
  const set = { key: { inspected: news.map(({ key }) => key) }, count: news.length, viewCount: 1, views };
  const file = await extractor.extract(set, onBatch, signal);
  await using _file = { [Symbol.asyncDispose]: () => file.close() };
  const readable = [...statistics.keys()].sort((a, b) => a - b);
  for (let start = 0; start < readable.length; start += ROWS) {
    const rows = readable.slice(start, start + ROWS);
    const data = await file.rows(rows);
    await mapConcurrently([...rows.entries()], { limit: AT_ONCE, signal }, async ([at, row]) => {
      const [item, index, measured] = [news[row], fresh[row], statistics.get(row)];
      if (!item || index === undefined || !measured) return;
      const known = { statistics: measured, features: data.subarray(at * options.width, (at + 1) * options.width) };
      onKnown(index, known);
      await kept.keep(item.sha256, known);
    });
  }
}

type Looking = { until: AbortSignal; onMeasured: (statistics: PictureStatistics) => void };

/** A blank view of a picture that cannot be read: its row is never used. */
async function lookAt(
  item: TrainingItem | undefined,
  { view, measure, size }: LookOptions,
  { until, onMeasured }: Looking,
) {
  const blank = new Uint8Array(size * size * 3);
  if (!item) return blank;
  try {
    const seen = await view(item, until);
    onMeasured(await measure(item, until));
    return seen;
  } catch (error) {
    if (error instanceof ImageRefused || error instanceof ObjectNotFound) return blank;
    throw error;
  }
}

function describe(item: TrainingItem | undefined, statistics: PictureStatistics | undefined): InspectedPicture[] {
  if (!item || !statistics) return [];
  const { key, label, split, sha256, perceptualHash = sha256.slice(0, 16) } = item;
  // What the manifest of an early version does not say is no flaw.
  const { width = Number.MAX_SAFE_INTEGER, height = width } = item;
  return [{ key, label, split, perceptualHash, width, height, ...statistics }];
}
