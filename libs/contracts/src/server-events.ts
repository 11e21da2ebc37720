// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) read from a fetch response.
export type ServerEvent<T> = { id?: string; data: T };

/** Yields each event with its parsed `data`; comments and unknown fields are ignored. Ends when the server ends the stream. */
export async function* readEvents<T>(response: Response, parse: (data: unknown) => T): AsyncGenerator<ServerEvent<T>> {
  for await (const block of blocksOf(response)) {
    const fields = fieldsOf(block);
    const data = fields.get("data");
    if (data === undefined) continue;
    const id = fields.get("id");
    yield { ...(id === undefined ? {} : { id }), data: parse(JSON.parse(data)) };
  }
}

async function* blocksOf(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  let buffered = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    buffered += decoder.decode(chunk, { stream: true }).replaceAll("\r\n", "\n");
    const blocks = buffered.split("\n\n");
    buffered = blocks.pop() ?? "";
    yield* blocks;
  }
}

function fieldsOf(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    const before = fields.get(name);
    fields.set(name, name === "data" && before !== undefined ? `${before}\n${value}` : value);
  }
  return fields;
}
