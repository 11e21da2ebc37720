// Small repeatable randomness for drawings and faults: the same words give the same numbers on every machine.

export interface SeededRandom {
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

export function seededRandom(...words: (string | number)[]): SeededRandom {
  let state = hash(words.join("/"));
  // mulberry32 (Tommy Ettinger, public domain).
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
  };
}

// FNV-1a.
function hash(text: string): number {
  return Array.from(Buffer.from(text)).reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5);
}
