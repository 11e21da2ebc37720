// The numbers behind a plot as CSV (RFC 4180), full precision.
import type { Cell, Plot } from "./chart.ts";

export const writeCsv = ({ columns, rows }: Plot["table"]): string =>
  [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");

function field(cell: Cell): string {
  const text = cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
