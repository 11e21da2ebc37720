// Server-sent events as the standard has them, however the network cuts them.
import { expect, test } from "vitest";
import { readEvents } from "./server-events.ts";

function responseOf(chunks: Uint8Array[], onCancel = () => {}): Response {
  const source = [...chunks];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = source.shift();
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel: onCancel,
  });
  return new Response(body);
}

async function eventsOf(chunks: Uint8Array[]) {
  const events = [];
  for await (const event of readEvents(responseOf(chunks), (data) => data)) events.push(event);
  return events;
}
const bytes = (text: string) => new TextEncoder().encode(text);
const cut = (whole: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, n) => whole.slice(n * size, (n + 1) * size));

const STREAM = [
  'retry: 1000\n\n: a comment\n\nid: 1\ndata: {"name":"Bär 熊 🐻"}\n\n',
  "event: x\r\nid: 2\r\ndata: [1,\r\ndata: 2]\r\n\r\n",
  "data:7\rid\r\r",
  "data\n\nid: 3\n\n",
  'data:  "two spaces"\n\n\n\n',
  'data: "cut short"',
].join("");
const EVENTS = [
  { id: "1", data: { name: "Bär 熊 🐻" } },
  { id: "2", data: [1, 2] },
  { id: "", data: 7 },
  { data: "two spaces" },
];

test.each([1, 2, 3, 5, 7, 64, 10_000])("events are the same when they arrive %i bytes at a time", async (size) => {
  expect(await eventsOf(cut(bytes(STREAM), size))).toEqual(EVENTS);
});

test("a CR LF cut in two is one line end", async () => {
  expect(await eventsOf(["data: 1\r", "\ndata: 2\r\n\r", "\n"].map(bytes)).catch(String)).toContain("SyntaxError");
  expect(await eventsOf(["data: [1\r", "\ndata: ]\r\n\r", "\n"].map(bytes))).toEqual([{ data: [1] }]);
});

test("no body, an empty body and comments alone are no events", async () => {
  expect(await Array.from(await eventsOf([]))).toEqual([]);
  expect(await eventsOf([bytes(": one\n\n"), bytes(": two\n\n")])).toEqual([]);
  const none = readEvents(new Response(null), (data) => data);
  expect((await none.next()).done).toBe(true);
});

test("data that is not what was promised is an error, not a silence", async () => {
  const events = readEvents(responseOf([bytes("data: 5\n\n")]), (data) => {
    if (typeof data !== "string") throw new Error("expected text");
    return data;
  });
  await expect(events.next()).rejects.toThrow("expected text");
});

test("whoever stops listening closes the connection", async () => {
  let isCancelled = false;
  const response = responseOf(Array(1000).fill(bytes("data: 1\n\n")), () => {
    isCancelled = true;
  });
  for await (const _event of readEvents(response, (data) => data)) break;
  expect(isCancelled).toBe(true);
});
