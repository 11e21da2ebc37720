// The rows of lists, in the order listed, with the outcome that the lists alone decide. They are written as they are read: a later list can
// turn an early row into a conflict, and such rows are mended at the end.
import type { DatasetOptions, Split } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { Column } from "./column.ts";
import { judgeUrl, shownUrl } from "./judge-url.ts";
import type { Owner } from "./owner.ts";
import type { PlanRow } from "./plan-row.ts";
import { type Admit, createPlanWriter } from "./plan-writer.ts";
import { type Repeat, RepeatFinder } from "./repeats.ts";
import type { SideCounts } from "./split.ts";
import type { ListedUrl } from "./url-list.ts";

/** `split` here wins over the rows' own. */
export type PlanSource = { name: string; split?: Split; rows: AsyncIterable<ListedUrl> };
/** Items that are there already: how many, and the first of each URL. */
export type KnownItems = { listed: number; urls: ReadonlyMap<string, { index: number; class: string }> };

export type RowsInput = {
  store: ObjectStore;
  owner: Owner;
  sources: readonly PlanSource[];
  options: Pick<DatasetOptions, "maxImages">;
  admit?: Admit | undefined;
  /** As onFirst of a plan's writer. */
  onFirst?: (() => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
};
/**
 * `cutsTrain`: where everything is marked, and nothing for valid, train means what is no test, of which a part is to be checked with, chosen
 * as of unmarked pictures. Test stays test.
 */
type How = { known?: KnownItems; cutsTrain: boolean };

export type ReadRows = {
  listed: number;
  /** Rows that are to be fetched, of every class that was named, by the side of the split that they are marked for. */
  sides: Map<string, SideCounts>;
  /** Writes what is not written yet; of few rows nothing is. @returns how many shards there are */
  write(): Promise<number>;
};

const MAX_LISTED = 1_000_000;
const NOTHING: KnownItems = { listed: 0, urls: new Map() };

/** @throws Problem payload_too_large, and what parsing throws */
export async function readRows(input: RowsInput, { known = NOTHING, cutsTrain }: How): Promise<ReadRows> {
  const { store, owner, signal, onFirst } = input;
  const judge = new RowJudge(input.options, known);
  const writer = createPlanWriter({ store, keyOf: (shard) => keys.dataset.plan(owner, shard), signal, onFirst });
  for await (const { name, listed } of listedUrls(input.sources)) {
    signal?.throwIfAborted();
    if (known.listed + judge.listed === MAX_LISTED)
      throw new Problem("payload_too_large", `A dataset has at most ${MAX_LISTED} listed URLs; shorten its lists`);
    await writer.add(judge.take(listed, name));
  }
  const isCut = cutsTrain && judge.isMarkedWithoutValid;
  const settle = (row: PlanRow) => (isCut ? withoutTrain(judge.settled(row)) : judge.settled(row));
  return {
    listed: judge.listed,
    sides: judge.countSides(isCut),
    async write() {
      await input.admit?.(judge.countUrls());
      return writer.end({ rows: isCut ? Array(judge.listed).keys() : judge.overtaken(), settle });
    },
  };
}

async function* listedUrls(sources: readonly PlanSource[]): AsyncGenerator<{ name: string; listed: ListedUrl }> {
  for (const { name, split, rows } of sources) {
    for await (const listed of rows) yield { name, listed: split ? { ...listed, split } : listed };
  }
}

const withoutTrain = ({ split, ...row }: PlanRow): PlanRow => (split === "test" ? { ...row, split } : row);

// Of a row that is not decided, for which side; 0 is one that is. Those of an archive are so many more.
const SIDES = ["unmarked", "train", "valid", "test"] as const;
const OF_ARCHIVE = 8;

/** Keeps some bytes of each row, whatever its URL. */
class RowJudge {
  /** Every row is for train or test. */
  isMarkedWithoutValid = true;
  readonly #repeats = new RepeatFinder();
  readonly #sides = new Column();
  readonly #perClass = new Map<string, number>();
  readonly #maxImages: number;
  readonly #known: KnownItems;

  constructor({ maxImages = Number.POSITIVE_INFINITY }: RowsInput["options"], known: KnownItems) {
    this.#maxImages = maxImages;
    this.#known = known;
  }

  get listed(): number {
    return this.#sides.length;
  }

  take(listed: ListedUrl, source: string): PlanRow {
    const at = this.listed;
    const index = this.#known.listed + at;
    const row: PlanRow = { ...listed, url: shownUrl(listed.url), index, key: String(index), source };
    const content = this.#decide(row, listed);
    this.#repeats.add(row.class, content);
    const side = 1 + SIDES.indexOf(row.split ?? "unmarked") + (row.entry ? OF_ARCHIVE : 0);
    this.#sides.push(row.outcome ? 0 : side);
    this.isMarkedWithoutValid &&= row.split === "train" || row.split === "test";
    return this.settled(row);
  }

  /** Gives the row its outcome where it has one by itself. @returns what it is compared by where it has none */
  #decide(row: PlanRow, listed: ListedUrl): string | undefined {
    const position = (this.#perClass.get(row.class) ?? 0) + 1;
    this.#perClass.set(row.class, position);
    // As in the lesson, the first N are taken as they are listed, good or bad, and the rest is as if it were not there.
    if (position > this.#maxImages) {
      Object.assign(row, { outcome: "skipped", reason: `after the first ${this.#maxImages} of its class` });
      return undefined;
    }
    const verdict = judgeUrl(listed);
    // What is there already stays as it is, whatever is listed now.
    const there = "sameness" in verdict ? this.#known.urls.get(verdict.sameness) : undefined;
    if (there) note(row, { outcome: there.class === row.class ? "duplicate" : "label_conflict", of: there.index });
    else if ("reason" in verdict) Object.assign(row, verdict);
    return "sameness" in verdict && !there ? verdict.sameness : undefined;
  }

  /** The row as it is by what has been listed so far. */
  settled(row: PlanRow): PlanRow {
    const repeat = this.#repeats.repeatOf(row.index - this.#known.listed);
    return repeat ? note(row, { ...repeat, of: this.#known.listed + repeat.of }) : row;
  }

  overtaken(): Generator<number> {
    return this.#repeats.overtaken();
  }

  /** What is to be fetched, pictures of archives excepted. */
  countUrls(): number {
    let urls = 0;
    for (let at = 0; at < this.listed; at++) {
      const side = this.#sides.at(at);
      if (side > 0 && side < OF_ARCHIVE && !this.#repeats.repeatOf(at)) urls += 1;
    }
    return urls;
  }

  countSides(isCut: boolean): Map<string, SideCounts> {
    const sides = this.#repeats.classes.map((name): [string, SideCounts] => [name, { ...NO_SIDES }]);
    for (let at = 0; at < this.listed; at++) {
      const side = SIDES[(this.#sides.at(at) % OF_ARCHIVE) - 1];
      const counts = sides[this.#repeats.classOf(at)]?.[1];
      if (side && counts && !this.#repeats.repeatOf(at)) counts[isCut && side === "train" ? "unmarked" : side] += 1;
    }
    return new Map(sides);
  }
}

const NO_SIDES: SideCounts = { train: 0, valid: 0, test: 0, unmarked: 0 };

function note(row: PlanRow, { outcome, of }: Repeat): PlanRow {
  const reason = outcome === "duplicate" ? `the same URL as item ${of}` : `the same URL in another class: item ${of}`;
  return Object.assign(row, { outcome, reason, of: String(of) });
}
