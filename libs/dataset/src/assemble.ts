// Merges a dataset's rows into its manifest: repeats across shards, the split, the counts. The rows are read twice, so that
// memory holds a few facts of the usable pictures and never all rows.
import type { ClassCounts, Dataset, Item } from "@ursa/contracts/dataset";
import type { RecordError } from "@ursa/contracts/record";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import type { SettledRow } from "./apply-edit.ts";
import { CLASS_REMEDIES, classFault } from "./class-fault.ts";
import { createDatasetCounts } from "./dataset-counts.ts";
import { type Comer, judgeComers, type Verdict } from "./judge-comers.ts";
import { createStanding } from "./standing.ts";
import { type Base, type RowSource, readRows } from "./version-rows.ts";
import { writeJsonLines } from "./write-json-lines.ts";

type AssembleInput = {
  store: ObjectStore;
  /** As taken: its fence names the manifest. */
  record: Dataset;
  /** Of a later version. */
  base?: Base | undefined;
  signal: AbortSignal;
  /** In rows. `total` is twice those listed: each is read twice. */
  onProgress?: (done: number, total: number) => void;
};

/** What the record is to say. With an `error` the dataset failed, and its manifest and counts show why. */
export type AssembledDataset = {
  counts: NonNullable<Dataset["counts"]>;
  manifest: NonNullable<Dataset["manifest"]>;
  error?: RecordError;
};

/**
 * Every listed URL gets its row, those of a shard without a part included (`worker_failed`); then the classes are judged.
 * The same parts and edits give the same manifest, whoever assembles and however often.
 */
export async function assembleDataset(input: AssembleInput): Promise<AssembledDataset> {
  const { record, store } = input;
  const source = { ...input, owner: { namespace: record.namespace, id: record.id }, shards: record.shards };
  const counts = createDatasetCounts(record.classes);
  const step = rowSteps(input);
  const rows = composeRows(source, { options: record.options, step });
  const manifest = await writeJsonLines(
    store,
    keys.dataset.manifest(record, record.fence),
    inBatches(rows, (item) => counts.add(item)),
  );
  const { listed, ...result } = counts.result();
  const error = firstFault(result.classes, source, record);
  return { counts: result, manifest: { ...manifest, items: listed }, ...(error ? { error } : {}) };
}

type Composition = { options: Dataset["options"] /** Called for each row that is read. */; step?: () => void };

/** The rows of a version's manifest, in index order. */
export async function* composeRows(source: RowSource, { options, step }: Composition): AsyncGenerator<Item> {
  const comers: Comer[] = [];
  const standing = createStanding();
  for await (const row of readRows(source)) {
    if (row.comes) comers.push(comerOf(row));
    else standing.add(row.item);
    step?.();
  }
  const verdicts = judgeComers(comers, standing, options);
  for await (const row of readRows(source)) {
    const verdict = row.comes && verdicts.get(row.item.index);
    yield verdict ? withVerdict(row.item, verdict) : row.item;
    step?.();
  }
}

function comerOf({ item, comes }: SettledRow): Comer {
  const { index, class: name, sha256 = "", split, reserved } = item;
  const facts = { index, class: name, sha256, perceptualHash: item.perceptualHash ?? sha256 };
  return comes === "restored" ? { ...facts, isRestored: true, home: reserved } : { ...facts, split, isRestored: false };
}

/**
 * A side is given to usable pictures only; the one that a restored one had is kept where it is still not used. Such a one is open
 * again: what a person decided did not come about.
 */
function withVerdict(row: Item, verdict: Verdict): Item {
  const { split, reserved, reviewedAt, ...rest } = row;
  if (!("outcome" in verdict)) return { ...rest, ...verdict, ...(reviewedAt ? { reviewedAt } : {}) };
  const side = split ? { split } : reserved;
  return { ...rest, ...verdict, ...(side ? { reserved: side } : {}) };
}

const BATCH_ROWS = 256;

async function* inBatches(rows: AsyncIterable<Item>, count: (item: Item) => void): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of rows) {
    count(item);
    batch.push(item);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function rowSteps({ record, onProgress }: AssembleInput): () => void {
  let done = 0;
  return () => {
    done += 1;
    if (done % BATCH_ROWS === 0) onProgress?.(done, 2 * record.listed);
  };
}

/** Why a dataset with these classes cannot be trained on. What URLs came to is judged when they are fetched, and not again by later edits. */
export function firstFault(
  classes: readonly ClassCounts[],
  { base, shards }: Pick<RowSource, "base" | "shards">,
  { id, options }: Pick<Dataset, "id" | "options">,
): RecordError | undefined {
  const isJudged = base?.isSound === true && shards === 0;
  const limits = isJudged ? { maxFailedFraction: 1 } : options;
  const faults = classes.map((counts) => classFault(counts, limits)).filter((fault) => fault !== undefined);
  const code = faults.some((fault) => fault.code === "class_mostly_failed") ? "class_mostly_failed" : faults[0]?.code;
  const messages = faults.filter((fault) => fault.code === code).map(({ message }) => message);
  if (!code) return undefined;
  const report = `GET /v1/datasets/${id}/report.csv`;
  return { code, message: `${messages.join(" ")} ${CLASS_REMEDIES[code]}; ${report} says what became of each.` };
}
