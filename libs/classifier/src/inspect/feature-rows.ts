// Features of pictures in memory, and the two scales that inspection reads them at.

/** `count` rows of `width` numbers, one after the other. */
export type FeatureRows = { readonly count: number; readonly width: number; readonly data: Float32Array };

export const rowOf = ({ width, data }: FeatureRows, index: number): Float32Array =>
  data.subarray(index * width, (index + 1) * width);

/**
 * Every column with mean 0 and deviation 1 over all rows, divided by the root of the width: a row's squared length is 1 on
 * average, whatever the body. A column that does not vary is 0 everywhere.
 */
export function standardise(rows: FeatureRows): FeatureRows {
  const { count, width, data } = rows;
  const [mean, deviation] = columnStatistics(rows);
  const factors = deviation.map((each) => (each > 1e-6 ? 1 / (each * Math.sqrt(width)) : 0));
  const scaled = new Float32Array(count * width);
  for (let i = 0, row = 0; row < count; row++) {
    for (let column = 0; column < width; column++, i++) {
      scaled[i] = ((data[i] ?? 0) - (mean[column] ?? 0)) * (factors[column] ?? 0);
    }
  }
  return { count, width, data: scaled };
}

/** Every row divided by its length, so that the product of two is their cosine. A row of zeros stays one. */
export function normalise({ count, width, data }: FeatureRows): FeatureRows {
  const scaled = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const from = data.subarray(row * width, (row + 1) * width);
    const factor = 1 / (norm(from) || 1);
    const to = scaled.subarray(row * width, (row + 1) * width);
    for (let i = 0; i < width; i++) to[i] = (from[i] ?? 0) * factor;
  }
  return { count, width, data: scaled };
}

function columnStatistics({ count, width, data }: FeatureRows): [mean: Float64Array, deviation: Float64Array] {
  const [sum, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0, row = 0; row < count; row++) {
    for (let column = 0; column < width; column++, i++) {
      const value = data[i] ?? 0;
      sum[column] = (sum[column] ?? 0) + value;
      squares[column] = (squares[column] ?? 0) + value * value;
    }
  }
  const mean = sum.map((each) => each / count);
  return [mean, squares.map((each, i) => Math.sqrt(Math.max(0, each / count - (mean[i] ?? 0) ** 2)))];
}

const norm = (row: Float32Array): number => Math.sqrt(dot(row, row));

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Adds `factor` times `row` to `to`. */
export function addTimes(to: Float32Array, row: Float32Array, factor: number): void {
  for (let i = 0; i < row.length; i++) to[i] = (to[i] ?? 0) + factor * (row[i] ?? 0);
}
