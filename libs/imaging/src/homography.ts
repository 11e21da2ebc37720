// 3 x 3 projective maps, row by row: (x, y, 1) goes to (m0 x + m1 y + m2, m3 x + m4 y + m5) / (m6 x + m7 y + m8).

export type Homography = readonly [number, number, number, number, number, number, number, number, number];

/** The map that applies the last of `maps` first, as a product of matrices reads. */
export function compose(...maps: [Homography, ...Homography[]]): Homography {
  return maps.reduce(multiply);
}

/** The map that takes each of four points to its target. @throws Error when three of them lie on a line */
export function homographyBetween(points: readonly Point[], targets: readonly Point[]): Homography {
  const rows = points.flatMap(([x, y], i) => {
    const [u, v] = targets[i] ?? [0, 0];
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ];
  });
  const [a, b, c, d, e, f, g, h] = solve(rows);
  return [a, b, c, d, e, f, g, h, 1] as unknown as Homography; // `solve` returns one number per row, and there are eight.
}

export type Point = readonly [x: number, y: number];

function multiply(a: Homography, b: Homography): Homography {
  const cell = (row: number, column: number) =>
    [0, 1, 2].reduce((sum, k) => sum + (a[row * 3 + k] ?? 0) * (b[k * 3 + column] ?? 0), 0);
  return [cell(0, 0), cell(0, 1), cell(0, 2), cell(1, 0), cell(1, 1), cell(1, 2), cell(2, 0), cell(2, 1), cell(2, 2)];
}

// Gauss-Jordan with partial pivoting over `[n, n + 1]` augmented rows.
function solve(system: number[][]): number[] {
  const rows = system.map((row) => Float64Array.from(row));
  const size = rows.length;
  for (let column = 0; column < size; column++) {
    rows.splice(column, 0, ...rows.splice(indexOfPivot(rows, column), 1));
    const pivot = rows[column]?.[column] ?? 0;
    if (Math.abs(pivot) < 1e-12) throw new Error("these four corners do not span a quadrangle");
    rows[column] = (rows[column] ?? new Float64Array()).map((value) => value / pivot);
    eliminate(rows, column);
  }
  return rows.map((row) => row[size] ?? 0);
}

// Makes the column zero in every row but its own, whose pivot is 1.
function eliminate(rows: Float64Array[], column: number): void {
  const own = rows[column];
  for (const [i, row] of rows.entries()) {
    const factor = i === column ? 0 : (row[column] ?? 0);
    rows[i] = row.map((value, j) => value - factor * (own?.[j] ?? 0));
  }
}

function indexOfPivot(rows: Float64Array[], column: number): number {
  let best = column;
  for (let i = column; i < rows.length; i++) {
    if (Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[best]?.[column] ?? 0)) best = i;
  }
  return best;
}
