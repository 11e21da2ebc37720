// A folder of pictures, and variations of some, as an inspection sees them: hashes, statistics, features of the pretrained body.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { traceBody } from "@ursa/classifier/body-graph";
import { openFeatureExtractor } from "@ursa/classifier/features";
import type { FeatureRows } from "@ursa/classifier/inspect/feature-rows";
import type { InspectedPicture } from "@ursa/classifier/inspect/findings";
import { loadBackboneWeights, registryEntry } from "@ursa/classifier/weights-registry";
import { type DecoderPool, startDecoderPool } from "@ursa/imaging/decoder-pool";
import { at } from "@ursa/tensor/layout";

const BACKBONE = "efficientnet_lite0";
const SIZE = 224;

/** `label` is the place of its folder among the folders' sorted names. */
export type FolderPicture = { key: string; label: number; bytes: Uint8Array };
export type Seen = { pictures: InspectedPicture[]; features: FeatureRows };

export async function readFolder(folder: string): Promise<{ classes: string[]; pictures: FolderPicture[] }> {
  const classes = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = classes.map(({ name }) => name).sort();
  const pictures: FolderPicture[] = [];
  for (const [label, name] of names.entries()) {
    for (const file of (await readdir(join(folder, name))).sort())
      pictures.push({ key: `${name}/${file}`, label, bytes: await readFile(join(folder, name, file)) });
  }
  return { classes: names, pictures };
}

/** @throws Error for a picture that cannot be decoded */
export async function lookAt(pictures: readonly FolderPicture[], threads: number): Promise<Seen> {
  await using decoders = startDecoderPool({ processes: threads });
  const seen = await Promise.all(pictures.map((picture) => describe(picture, decoders)));
  return { pictures: seen, features: await featuresOf(pictures, { decoders, threads }) };
}

async function describe({ key, label, bytes }: FolderPicture, decoders: DecoderPool): Promise<InspectedPicture> {
  const found = await decoders.inspect(bytes, {});
  if (!found.ok) throw new Error(`${key}: ${found.reason}`);
  const { perceptualHash, width, height } = found;
  return { key, label, perceptualHash, width, height, ...(await decoders.measure(bytes)) };
}

async function featuresOf(
  pictures: readonly FolderPicture[],
  { decoders, threads }: { decoders: DecoderPool; threads: number },
): Promise<FeatureRows> {
  const { backbone, statistics } = registryEntry(BACKBONE);
  const graph = traceBody({ backbone, weights: await loadBackboneWeights(BACKBONE), statistics }, SIZE).bytes;
  const width = backbone.channels * 2;
  const workDir = await mkdtemp(join(tmpdir(), "ursa-bench-"));
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => rm(workDir, { recursive: true, force: true }));
  const extractor = cleanUp.use(await openFeatureExtractor({ graph, size: SIZE, width, workDir, threads }));
  const views = async (index: number, signal: AbortSignal) => [
    await decoders.view(pictures[index]?.bytes ?? new Uint8Array(), SIZE, signal),
  ];
  const set = { key: "bench", count: pictures.length, viewCount: 1, views };
  const file = await extractor.extract(set, () => {}, new AbortController().signal);
  cleanUp.defer(() => file.close());
  return { count: pictures.length, width, data: await file.rows([...pictures.keys()]) };
}

/** Those at `indices`, in that order. */
export function pick({ pictures, features }: Seen, indices: readonly number[]): Seen {
  const { width, data } = features;
  const picked = new Float32Array(indices.length * width);
  for (const [row, index] of indices.entries())
    picked.set(data.subarray(index * width, (index + 1) * width), row * width);
  return { pictures: indices.map((i) => at(pictures, i)), features: { count: indices.length, width, data: picked } };
}
