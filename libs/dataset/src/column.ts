// A list of whole numbers at four bytes each: what is known of each of a million rows.
const ROOM = 1024;

export class Column {
  #values = new Uint32Array(ROOM);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param value a whole number from 0 to 2^32 - 1 */
  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** 0 behind the last. */
  at(place: number): number {
    return this.#values[place] ?? 0;
  }
}
