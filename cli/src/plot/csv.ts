// The numbers behind a plot as CSV (RFC 4180), full precision.
import type { Cell, Plot } from "./chart.ts";

export const writeCsv = ({ columns, rows }: Plot["table"]): string =>
  [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");

function field(cell: Cell): string {
  const text = typeof cell === "string" ? withoutFormula(cell) : String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What a spreadsheet would run gets an apostrophe, as in the API's reports: class names are foreign text. */
const withoutFormula = (text: string): string => text.replace(/^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/, "'$&");
