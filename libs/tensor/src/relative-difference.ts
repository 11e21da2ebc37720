// How far two lists of numbers are apart.

/** The largest difference, relative to the largest magnitude of `b`; NaN where the lengths differ or a number is NaN. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let [difference, magnitude] = [0, Number.MIN_VALUE];
  for (let i = 0; i < b.length; i += 1) {
    const [x, y] = [a[i] ?? Number.NaN, b[i] ?? Number.NaN];
    difference = Math.max(difference, Math.abs(x - y));
    magnitude = Math.max(magnitude, Math.abs(y));
  }
  return difference / magnitude;
}
