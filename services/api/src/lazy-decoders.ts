// Decoder processes that are started when the first picture is shown: most APIs never show one.
import { type DecoderPool, startDecoderPool } from "@ursa/imaging/decoder-pool";

export function lazyDecoders(): { decoders: () => DecoderPool; close(): Promise<void> } {
  let pool: DecoderPool | undefined;
  return {
    decoders() {
      pool ??= startDecoderPool({ processes: 1 });
      return pool;
    },
    close: async () => pool?.close(),
  };
}
