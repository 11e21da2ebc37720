// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) read from a fetch response.
export type ServerEvent<T> = { id?: string; data: T };

/** Yields each event with its parsed `data`; comments and unknown fields are ignored. Ends when the server ends the stream. */
export async function* readEvents<T>(response: Response, parse: (data: unknown) => T): AsyncGenerator<ServerEvent<T>> {
  for await (const block of blocksOf(response)) {
    const fields = fieldsOf(block);
    const data = fields.get("data");
    // As the standard has it, an event without data is none.
    if (!data) continue;
    const id = fields.get("id");
    yield { ...(id === undefined ? {} : { id }), data: parse(JSON.parse(data)) };
  }
}

/** Events end with an empty line; lines end with LF, CR LF or CR. What follows the last empty line is an event cut short. */
async function* blocksOf(response: Response): AsyncGenerator<string> {
  let buffered = "";
  for await (const text of textOf(response)) {
    buffered += text;
    // A CR at the end may be the first half of a CR LF, so it waits for what comes next.
    const held = buffered.endsWith("\r") ? "\r" : "";
    const blocks = buffered
      .slice(0, buffered.length - held.length)
      .replace(/\r\n?/g, "\n")
      .split("\n\n");
    buffered = (blocks.pop() ?? "") + held;
    yield* blocks;
  }
}

/** A reader, because not every browser can iterate a stream. Leaving early closes the connection. */
async function* textOf(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      yield decoder.decode(read.value, { stream: true });
    }
  } finally {
    await reader.cancel();
  }
}

function fieldsOf(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    // A line without a colon is a field without a value.
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    const before = fields.get(name);
    fields.set(name, name === "data" && before !== undefined ? `${before}\n${value}` : value);
  }
  return fields;
}
