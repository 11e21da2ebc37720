// Random access for yauzl, which reads a directory in bites of 46 bytes: the source is asked for whole blocks.
import { Readable } from "node:stream";
import { RandomAccessReader } from "yauzl";
import type { ByteSource } from "./listed-file.ts";

const BLOCK_BYTES = 256 * 1024;

export type BlockReader = RandomAccessReader & { /** What the source threw. */ failure?: unknown };

export function createBlockReader(source: ByteSource): BlockReader {
  return new Blocks(source);
}

class Blocks extends RandomAccessReader {
  failure?: unknown;
  readonly #source: ByteSource;
  #block: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }

  override read(...[target, offset, length, position, done]: Parameters<RandomAccessReader["read"]>): void {
    this.#bytesAt(position, length).then(
      (bytes) => {
        bytes.copy(target, offset);
        done(null);
      },
      (error: Error) => done(error),
    );
  }

  /** Only for the contents of files, which nothing reads this way. */
  override _readStreamForRange(start: number, end: number): Readable {
    const bytesAt = () => this.#bytesAt(start, end - start);
    return Readable.from(
      (async function* () {
        yield await bytesAt();
      })(),
    );
  }

  async #bytesAt(position: number, length: number): Promise<Buffer> {
    const end = position + length;
    // yauzl takes offsets from the archive, so they may be anything.
    if (position < 0 || end > this.#source.size) throw new Error("its directory points outside of it");
    const { start, bytes } = this.#block;
    if (position >= start && end <= start + bytes.length) return bytes.subarray(position - start, end - start);
    const until = Math.min(this.#source.size, Math.max(end, position + BLOCK_BYTES));
    try {
      this.#block = { start: position, bytes: await this.#source.read(position, until) };
    } catch (error) {
      this.failure = error;
      throw error;
    }
    return this.#block.bytes.subarray(0, length);
  }
}
