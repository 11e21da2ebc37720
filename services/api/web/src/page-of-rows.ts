// The rows of a batch, a page at a time out of the file that has all of them.
import type { Client } from "@ursa/contracts/client";
import { type PredictionRow, predictionRowSchema } from "@ursa/contracts/prediction";

type Place = { from: number; limit: number };

/** Reads no more of a million rows than up to the page's last. @param place.from counts from 0 */
export async function pageOfRows(
  client: Client,
  id: string,
  { from, limit, signal }: Place & { signal: AbortSignal },
): Promise<{ items: PredictionRow[]; next?: string }> {
  const response = await client.call("getResults", { params: { id }, query: { format: "jsonl" }, signal });
  const lines: string[] = [];
  let at = 0;
  for await (const line of linesOf(response)) {
    // One more than was asked for shows that there is a next page; leaving ends the reading.
    if (lines.length > limit) break;
    if (at >= from) lines.push(line);
    at += 1;
  }
  const items = lines.slice(0, limit).map((line) => predictionRowSchema.parse(JSON.parse(line)));
  return lines.length > limit ? { items, next: String(from + limit) } : { items };
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      const lines = (rest + read.value).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest) yield rest;
  } finally {
    await reader?.cancel();
  }
}
