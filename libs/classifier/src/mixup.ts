// Mixup (H. Zhang et al., 2017, as fastai does it): each picture of a batch with a little of another one, and its target likewise.
import type { HostTensor } from "@ursa/tensor/session";
import type { Random } from "./random.ts";

/** Row i becomes `shares[i]` of itself and the rest of row `partners[i]`. */
export type Mix = { shares: readonly number[]; partners: readonly number[] };

/** For `count` pictures: shares of 1/2 to 1, the larger of λ and 1 - λ of Beta(alpha, alpha), and partners that are a permutation. */
export function drawMix(count: number, alpha: number, random: Random): Mix {
  const shares = Array.from({ length: count }, () => drawBeta(alpha, random)).map((share) =>
    Math.max(share, 1 - share),
  );
  return { shares, partners: random.permutation(count) };
}

/** Beta(alpha, alpha), for alpha above 0 and not far above 1. Source: Jöhnk, 1964; by logarithms, for both powers may underflow. */
export function drawBeta(alpha: number, random: Random): number {
  for (;;) {
    const [a, b] = [Math.log(1 - random.uniform()) / alpha, Math.log(1 - random.uniform()) / alpha];
    if (Math.exp(a) + Math.exp(b) <= 1) return 1 / (1 + Math.exp(b - a));
  }
}

/** The rows [rows, ...] mixed; those beyond the mix stay. Bytes are rounded. @throws RangeError where a partner is no row */
export function mixRows({ dims, data }: HostTensor, { shares, partners }: Mix): HostTensor {
  const mixed = data.slice();
  const length = data.length / (dims[0] ?? 1);
  const isWhole = data instanceof Uint8Array;
  for (const [row, share] of shares.entries()) {
    const [from, other] = [row * length, (partners[row] ?? -1) * length];
    if (other < 0 || other >= data.length) throw new RangeError(`Row ${row} has no partner among ${dims[0]} rows.`);
    for (let i = 0; i < length; i += 1) {
      const value = share * (data[from + i] ?? 0) + (1 - share) * (data[other + i] ?? 0);
      mixed[from + i] = isWhole ? Math.round(value) : value;
    }
  }
  return { dims, data: mixed };
}
