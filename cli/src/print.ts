// What commands print: JSON for programs, tables and bars for people. Standard output is for answers, standard error for progress.
import { visible, visibleJson, visibleLine } from "./visible.ts";

export type Printer = {
  isJson: boolean;
  /** The answer: `value` as JSON, or `text` for people. */
  answer(value: unknown, text: string): void;
  /** A remark that is no part of the answer. */
  note(line: string): void;
};

export function createPrinter(isJson: boolean): Printer {
  return {
    isJson,
    answer: (value, text) => process.stdout.write(`${isJson ? visibleJson(JSON.stringify(value)) : visible(text)}\n`),
    note: (line) => process.stderr.write(`${visible(line)}\n`),
  };
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(head: string[], rows: string[][]): string {
  const cells = rows.map((row) => row.map(visibleLine));
  const all = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...all.map((row) => displayWidth(row[column] ?? ""))));
  const isNumeric = head.map(
    (_, column) => rows.length > 0 && cells.every((row) => /^[-–]?[\d.,]*( ?[%s]|ms)?$/.test(row[column] ?? "")),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0, isNumeric[column] ?? false))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...cells.map(line)].join("\n");
}

export function padded(cell: string, width: number, toTheRight: boolean): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(cell)));
  return toTheRight ? space + cell : cell + space;
}

const displayWidth = (text: string) => [...text].length;

const BAR_WIDTH = 30;

/** Ranked probabilities as bars, best first. */
export function bars(ranked: [string, number][]): string {
  const width = Math.max(...ranked.map(([name]) => displayWidth(name)));
  return ranked
    .map(([name, probability]) => {
      const filled = "█".repeat(Math.round(probability * BAR_WIDTH)).padEnd(BAR_WIDTH, "·");
      return `${padded(name, width, false)}  ${filled}  ${(100 * probability).toFixed(1).padStart(5)} %`;
    })
    .join("\n");
}

/** A loss of an epoch; those of a diverged run may be no number. */
export const nats = (loss: number | null) => loss?.toFixed(4) ?? "not a number";
export const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
export const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
export const seconds = (value: number) => `${value.toFixed(1)} s`;
