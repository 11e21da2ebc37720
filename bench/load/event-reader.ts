// Reads event streams, a thousand or more, in a process of its own.
import { Agent, get } from "node:http";
import { answerOrders } from "./child-program.ts";

/** Reader n reads url n, and from the first again behind the last. `opened` is answered when all streams have begun, `ended` when all are over. */
export type Order = { open: { urls: string[]; readers: number } } | { await: "ended" };
export type Read = {
  readers: number;
  /** Streams whose last event tells an end. */
  ended: number;
  events: number;
  /** Between the first and the last stream that was over, in milliseconds. */
  spreadMs: number;
};

type Stream = { text: string; events: number; endedAt: number };

const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
const FINAL = /"state":"(?:ready|failed|cancelled)"/;
let streams: { begun: Promise<void>; over: Promise<Stream> }[] = [];

answerOrders(async (order: Order): Promise<Read> => {
  if ("open" in order) {
    const { urls, readers } = order.open;
    streams = Array.from({ length: readers }, (_, n) => read(urls[n % urls.length] ?? ""));
    await Promise.all(streams.map(({ begun }) => begun));
    return { readers, ended: 0, events: 0, spreadMs: 0 };
  }
  const over = await Promise.all(streams.map((stream) => stream.over));
  const times = over.map(({ endedAt }) => endedAt);
  return {
    readers: over.length,
    ended: over.filter(({ text }) => FINAL.test(text)).length,
    events: over.reduce((sum, { events }) => sum + events, 0),
    spreadMs: Math.max(...times) - Math.min(...times),
  };
});

function read(url: string) {
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<Stream>()];
  const stream: Stream = { text: "", events: 0, endedAt: 0 };
  const end = () => {
    stream.endedAt = performance.now();
    over.resolve(stream);
  };
  const fail = (error: Error) => {
    begun.reject(error);
    end();
  };
  get(url, { agent, headers: { accept: "text/event-stream" } }, (response) => {
    response.setEncoding("utf8").on("data", (text: string) => {
      begun.resolve();
      stream.events += text.split("\ndata:").length - 1 + (text.startsWith("data:") ? 1 : 0);
      // The end of a stream is short, and may come in two pieces.
      stream.text = (stream.text + text).slice(-1000);
    });
    response.on("close", end).on("error", fail);
  }).on("error", fail);
  return { begun: begun.promise, over: over.promise };
}
