// Which item had a content first. A Map of a million URLs takes hundreds of megabytes; this takes twenty.
import { hash } from "node:crypto";
import { Column } from "./column.ts";

const ROOM = 4096;

/**
 * Contents are told apart by 64 bits of their SHA-256: of a million, two that differ are taken for one in one of thirty million
 * lists, and then a picture of the list is missing.
 */
export class ContentIndex {
  // Open addressing: the number of a content + 1, and 0 where none is. At least half is free.
  #slots = new Uint32Array(ROOM);
  readonly #high = new Column();
  readonly #low = new Column();
  readonly #items = new Column();

  /** @returns the item that had this content first, which is `item` itself where none had */
  add(content: string, item: number): number {
    // As text: a million small buffers are garbage that is collected late.
    const digest = hash("sha256", content, "hex");
    const [high, low] = [Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8, 16), 16)];
    const slot = this.#find(high, low);
    const known = this.#slots[slot] ?? 0;
    if (known > 0) return this.#items.at(known - 1);
    this.#high.push(high);
    this.#low.push(low);
    this.#items.push(item);
    this.#slots[slot] = this.#items.length;
    if (2 * this.#items.length > this.#slots.length) this.#grow();
    return item;
  }

  /** The slot that has it, or the free one for it. */
  #find(high: number, low: number): number {
    const last = this.#slots.length - 1;
    for (let slot = low & last; ; slot = (slot + 1) & last) {
      const known = this.#slots[slot] ?? 0;
      if (known === 0 || (this.#high.at(known - 1) === high && this.#low.at(known - 1) === low)) return slot;
    }
  }

  #grow(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let content = 0; content < this.#items.length; content++) {
      this.#slots[this.#find(this.#high.at(content), this.#low.at(content))] = content + 1;
    }
  }
}
