// Which items repeat another one, by URL or by bytes: kept out of training, and never chosen silently between two labels.
import type { Outcome } from "@ursa/contracts/outcomes";
import { Column } from "./column.ts";
import { ContentIndex } from "./content-index.ts";

/** `of` is the index of the item it repeats: the first of its class, or for a conflict the first of another class. */
export type Repeat = { outcome: Extract<Outcome, "duplicate" | "label_conflict">; of: number };
/** `content` is equal for two items that are the same: a sha256, or a URL. */
export type ComparedItem = { index: number; class: string; content: string };

/**
 * Within a class all but the first listed are `duplicate`; under two classes every one of them is `label_conflict`, since only
 * a person can say which label is right. Items come in the order listed and are numbered from 0; some bytes are kept of each.
 */
export class RepeatFinder {
  readonly #contents = new ContentIndex();
  readonly #classes = new Map<string, number>();
  // By item. The first with its content is kept + 1, and 0 where it is compared with none.
  readonly #class = new Column();
  readonly #first = new Column();
  /** By the first item with a content, the first under another class. */
  readonly #contrary = new Map<number, number>();

  /** In the order in which they came. */
  get classes(): string[] {
    return [...this.#classes.keys()];
  }

  /** Without a content it is compared with none. */
  add(name: string, content: string | undefined): void {
    const item = this.#first.length;
    const number = this.#classes.get(name) ?? this.#classes.size;
    this.#classes.set(name, number);
    this.#class.push(number);
    const first = content === undefined ? undefined : this.#contents.add(content, item);
    this.#first.push(first === undefined ? 0 : first + 1);
    if (first === undefined || this.#class.at(first) === number || this.#contrary.has(first)) return;
    this.#contrary.set(first, item);
  }

  /** By the order in which classes came. */
  classOf(item: number): number {
    return this.#class.at(item);
  }

  /** As far as the items that have come tell. `of` is an item's number. */
  repeatOf(item: number): Repeat | undefined {
    const first = this.#first.at(item) - 1;
    if (first < 0) return undefined;
    const contrary = this.#contrary.get(first);
    if (contrary === undefined) return first === item ? undefined : { outcome: "duplicate", of: first };
    return { outcome: "label_conflict", of: this.classOf(item) === this.classOf(first) ? contrary : first };
  }

  /** Items that a later one showed to be in conflict. */
  *overtaken(): Generator<number> {
    if (this.#contrary.size === 0) return;
    for (let item = 0; item < this.#first.length; item++) {
      if ((this.#contrary.get(this.#first.at(item) - 1) ?? -1) > item) yield item;
    }
  }
}

/** @returns by index; what is not in it stays as it is */
export function resolveRepeats(items: readonly ComparedItem[]): Map<number, Repeat> {
  const finder = new RepeatFinder();
  for (const item of items) finder.add(item.class, item.content);
  const repeats = new Map<number, Repeat>();
  for (const [number, { index }] of items.entries()) {
    const repeat = finder.repeatOf(number);
    if (repeat) repeats.set(index, { ...repeat, of: items[repeat.of]?.index ?? repeat.of });
  }
  return repeats;
}
