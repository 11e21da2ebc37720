// Measures how long pictures take to verify, waiting for a decoder included.
import type { PictureTools } from "@ursa/dataset/try-row";
import type { Metrics } from "@ursa/service/metrics";

export function timedDecoders(decoders: PictureTools["decoders"], metrics: Metrics): PictureTools["decoders"] {
  return {
    async inspect(...args) {
      const started = performance.now();
      const seen = await decoders.inspect(...args);
      metrics.imageDecode.observe({ outcome: seen.ok ? "ok" : seen.outcome }, (performance.now() - started) / 1000);
      return seen;
    },
  };
}
