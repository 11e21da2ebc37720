// What an inspection must know of each picture: its features, and how sharp and bright it is.
import type { FeatureExtractor } from "@ursa/classifier/features";
import type { FeatureRows } from "@ursa/classifier/inspect/feature-rows";
import type { InspectedPicture } from "@ursa/classifier/inspect/findings";
import type { Progress } from "@ursa/contracts/record";
import type { TrainingItem } from "@ursa/dataset/training-set";
import { ImageRefused } from "@ursa/imaging/image-refused";
import type { PictureStatistics } from "@ursa/imaging/measure-picture";
import { ObjectNotFound } from "@ursa/store/object-store";

/** Of the pictures that could be read, in the order of their items. */
export type SeenItems = { pictures: InspectedPicture[]; features: FeatureRows };

type LookOptions = {
  extractor: FeatureExtractor;
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

/** A picture that cannot be read any more is left out. */
export async function lookAtItems(
  items: readonly TrainingItem[],
  { extractor, view, measure, width, size, onProgress, signal }: LookOptions,
): Promise<SeenItems> {
  const statistics = new Map<number, PictureStatistics>();
  const look = async (index: number, until: AbortSignal): Promise<Uint8Array> => {
    const item = items[index];
    const blank = new Uint8Array(size * size * 3);
    if (!item) return blank;
    try {
      const seen = await view(item, until);
      statistics.set(index, await measure(item, until));
      return seen;
    } catch (error) {
      if (error instanceof ImageRefused || error instanceof ObjectNotFound) return blank;
      throw error;
    }
  };
  let done = 0;
  const onBatch = (pictures: number) => {
    done += pictures;
    onProgress({ phase: "features", done, total: items.length });
  };
  const views = async (index: number, until: AbortSignal) => [await look(index, until)];
  const set = { key: { inspected: items.map(({ key }) => key) }, count: items.length, viewCount: 1, views };
  const file = await extractor.extract(set, onBatch, signal);
  try {
    const read = [...items.keys()].filter((index) => statistics.has(index));
    const features = { count: read.length, width, data: await file.rows(read) };
    const pictures = read.flatMap((index) => describe(items[index], statistics.get(index)));
    return { pictures, features };
  } finally {
    await file.close();
  }
}

function describe(item: TrainingItem | undefined, statistics: PictureStatistics | undefined): InspectedPicture[] {
  if (!item || !statistics) return [];
  const { key, label, split, sha256, perceptualHash = sha256.slice(0, 16) } = item;
  // What the manifest of an early version does not say is no flaw.
  const { width = Number.MAX_SAFE_INTEGER, height = width } = item;
  return [{ key, label, split, perceptualHash, width, height, ...statistics }];
}
