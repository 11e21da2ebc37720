// Perceptual hashes as two words of 32 bits, and in how many bits two of them differ.

export type Hash = readonly [high: number, low: number];

/** @param hex 16 digits */
export const readHash = (hex: string): Hash => [
  Number.parseInt(hex.slice(0, 8), 16) | 0,
  Number.parseInt(hex.slice(8), 16) | 0,
];

/** Of 64. */
export const hashDistance = (a: Hash, b: Hash): number => bits(a[0] ^ b[0]) + bits(a[1] ^ b[1]);

/** How many bits of a word of 32 are set (Warren, Hacker's Delight, 5-1). */
function bits(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  x = (x + (x >>> 4)) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}
