// A prediction's results, as a file or on standard output.
import type { Session } from "./connect.ts";
import { Failure } from "./failure.ts";
import { saveResponse } from "./save-response.ts";

export type ResultsOptions = { out?: string; format?: string };

/** @throws Failure when the format is neither jsonl nor csv */
export async function saveResults({ client, print }: Session, id: string, options: ResultsOptions): Promise<void> {
  const format = formatOf(options);
  await saveResponse(await client.call("getResults", { params: { id }, query: { format } }), options.out, print);
}

/** What --format says, else what --out ends in, else JSON lines. */
export function formatOf({ out, format }: ResultsOptions): "jsonl" | "csv" {
  const wanted = format ?? (out?.toLowerCase().endsWith(".csv") ? "csv" : "jsonl");
  if (wanted === "jsonl" || wanted === "csv") return wanted;
  throw new Failure(`There is no format ${wanted}; say --format jsonl or --format csv.`, { exitCode: 2 });
}
