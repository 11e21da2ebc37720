// Merges a dataset's parts into its manifest: repeats across shards, the split, the counts. The parts are read twice, so that
// memory holds a few facts of the usable pictures and never all rows.
import type { ClassCounts, Dataset, Item } from "@ursa/contracts/dataset";
import type { RecordError } from "@ursa/contracts/record";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { CLASS_REMEDIES, classFault } from "./class-fault.ts";
import { createDatasetCounts } from "./dataset-counts.ts";
import { closePart } from "./parts.ts";
import { readAhead } from "./read-ahead.ts";
import { type Repeat, resolveRepeats } from "./repeats.ts";
import { assignSplit, type Side, type SplitItem } from "./split.ts";
import { writeJsonLines } from "./write-json-lines.ts";

type AssembleInput = {
  store: ObjectStore;
  /** As taken: its fence names the manifest. */
  record: Dataset;
  signal: AbortSignal;
  /** `total` is twice the shards: each is read twice. */
  onProgress?: (done: number, total: number) => void;
};

/** What the record is to say. With an `error` the dataset failed, and its manifest and counts show why. */
export type AssembledDataset = {
  counts: NonNullable<Dataset["counts"]>;
  manifest: NonNullable<Dataset["manifest"]>;
  error?: RecordError;
};

type Verdicts = { repeats: ReadonlyMap<number, Repeat>; sides: ReadonlyMap<number, Side> };

/**
 * Every listed URL gets its row, those of a shard without a part included (`worker_failed`); then the classes are judged.
 * The same parts give the same manifest, whoever assembles and however often.
 */
export async function assembleDataset(input: AssembleInput): Promise<AssembledDataset> {
  const { record, store } = input;
  const verdicts = judge(await readUsable(input), record);
  const counts = createDatasetCounts(record.classes);
  const rows = mergedRows(input, verdicts, (item) => counts.add(item));
  const manifest = await writeJsonLines(store, keys.dataset.manifest(record, record.fence), rows);
  const { listed, ...result } = counts.result();
  const error = firstFault(result.classes, record);
  return { counts: result, manifest: { ...manifest, items: listed }, ...(error ? { error } : {}) };
}

async function readUsable(input: AssembleInput): Promise<SplitItem[]> {
  const usable: SplitItem[] = [];
  for await (const { rows, shard } of readParts(input)) {
    for (const row of rows) usable.push(...usableOf(row));
    input.onProgress?.(shard + 1, 2 * input.record.shards);
  }
  return usable;
}

function usableOf({ outcome, index, class: name, sha256, perceptualHash, split }: Item): SplitItem[] {
  if (outcome !== "ok" || !sha256) return [];
  return [{ index, class: name, sha256, perceptualHash: perceptualHash ?? sha256, split }];
}

function judge(usable: readonly SplitItem[], { options }: Dataset): Verdicts {
  const repeats = resolveRepeats(usable.map((item) => ({ ...item, content: item.sha256 })));
  return {
    repeats,
    sides: assignSplit(
      usable.filter(({ index }) => !repeats.has(index)),
      options,
    ),
  };
}

async function* mergedRows(
  input: AssembleInput,
  { repeats, sides }: Verdicts,
  count: (item: Item) => void,
): AsyncGenerator<Item[]> {
  const { shards } = input.record;
  for await (const { rows, shard } of readParts(input)) {
    const merged = rows.map((row) => withVerdict(row, repeats.get(row.index), sides.get(row.index)));
    for (const item of merged) count(item);
    yield merged;
    input.onProgress?.(shards + shard + 1, 2 * shards);
  }
}

async function* readParts({ store, record, signal }: AssembleInput): AsyncGenerator<{ rows: Item[]; shard: number }> {
  const owner = { namespace: record.namespace, id: record.id };
  const read = async (shard: number) => ({
    shard,
    rows: await closePart(store, { target: "dataset", owner, shard }),
  });
  yield* readAhead(record.shards, read, signal);
}

/** A mark of the list stays on the row whatever became of it; a side is given to usable pictures only. */
function withVerdict(row: Item, repeat: Repeat | undefined, side: Side | undefined): Item {
  if (side) return { ...row, ...side };
  const { split: _mark, ...rest } = row;
  if (!repeat) return rest;
  const where = repeat.outcome === "duplicate" ? `item ${repeat.of}` : `item ${repeat.of}, which has another class`;
  return { ...rest, outcome: repeat.outcome, reason: `the same picture as ${where}`, of: String(repeat.of) };
}

function firstFault(classes: readonly ClassCounts[], { id, options }: Dataset): RecordError | undefined {
  const faults = classes.map((counts) => classFault(counts, options)).filter((fault) => fault !== undefined);
  const code = faults.some((fault) => fault.code === "class_mostly_failed") ? "class_mostly_failed" : faults[0]?.code;
  const messages = faults.filter((fault) => fault.code === code).map(({ message }) => message);
  if (!code) return undefined;
  const report = `GET /v1/datasets/${id}/report.csv`;
  return { code, message: `${messages.join(" ")} ${CLASS_REMEDIES[code]}; ${report} says what became of each.` };
}
