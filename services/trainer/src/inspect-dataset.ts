// Inspects the dataset that a record names: features of the pretrained body for every usable picture, computed once for each content,
// then what they tell. Writes one immutable object under the record's fence and says where it is.
import { createHash } from "node:crypto";
import { traceBody } from "@ursa/classifier/body-graph";
import { openFeatureExtractor } from "@ursa/classifier/features";
import { inspectPictures } from "@ursa/classifier/inspect/inspect-pictures";
import { backboneStart } from "@ursa/classifier/starting-weights";
import { registryEntry } from "@ursa/classifier/weights-registry";
import { type Inspection, type InspectionSummary, inspectionSummarySchema } from "@ursa/contracts/inspection";
import type { Progress } from "@ursa/contracts/record";
import { measureItem } from "@ursa/dataset/item-statistics";
import { keepFeatures } from "@ursa/dataset/kept-features";
import { createViewSource } from "@ursa/dataset/view-source";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { describeInspection } from "./describe-inspection.ts";
import { type InspectedItems, readInspectedItems } from "./inspected-items.ts";
import { lookAtItems } from "./look-at-items.ts";
import { putOnce } from "./put-once.ts";

export type InspectDatasetOptions = {
  store: ObjectStore;
  decoders: DecoderPool;
  record: Inspection;
  /** Key of the dataset's manifest. */
  manifest: string;
  /** Where weights that were added lie. */
  weightsDir: string;
  /** An empty folder; some 10 kB per picture are written there. */
  workDir: string;
  threads: number;
  onProgress(progress: Progress): void;
  signal: AbortSignal;
};

/** The record's last fields. */
export type Inspected = { summary: InspectionSummary; result: NonNullable<Inspection["result"]> };

/** The body of the default recipe, which ships with Ursa. */
const BODY = { backbone: "efficientnet_lite0", pretrained: true, seed: 0 } as const;

/** To be raised when a picture's view or its statistics come out differently: what was kept of it before is then computed anew. */
const VIEWS = "views 1";

/** @throws StoreUnavailable, WeightsError, the signal's reason */
export async function inspectDataset(options: InspectDatasetOptions): Promise<Inspected> {
  const { store, record, manifest, threads, signal, onProgress } = options;
  const items = await readInspectedItems(store, manifest, record.classes);
  const seen = await see(options, items);
  const inspected = await inspectPictures({ ...seen, classes: record.classes, threads, signal, onProgress });
  const result = describeInspection({ record, items, seen, inspected });
  const bytes = Buffer.from(JSON.stringify(result));
  const key = keys.inspection.result(record, record.fence);
  const { sha256 } = await putOnce(store, key, bytes);
  return { summary: inspectionSummarySchema.parse(result), result: { key, bytes: bytes.length, sha256 } };
}

async function see(options: InspectDatasetOptions, { usable }: InspectedItems) {
  const { store, decoders, record, weightsDir, workDir, threads, onProgress, signal } = options;
  const { backbone, statistics, size } = registryEntry(BODY.backbone);
  const start = await backboneStart(BODY, weightsDir);
  const width = backbone.channels * 2;
  const graph = traceBody({ backbone, weights: start.body, statistics }, size).bytes;
  const body = createHash("sha256").update(VIEWS).update(graph).digest("hex");
  const kept = keepFeatures({ store, namespace: record.namespace, body, width });
  const views = createViewSource({ store, namespace: record.namespace, decoders });
  return await lookAtItems(usable, {
    ...{ kept, width, size, onProgress, signal },
    openExtractor: () => openFeatureExtractor({ graph, size, width, workDir, threads }),
    view: (item, until) => views.validView(item, size, until),
    measure: (item, until) => measureItem({ store, namespace: record.namespace, decoders }, item, until),
  });
}
