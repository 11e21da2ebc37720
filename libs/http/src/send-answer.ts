// A handler's value as the answer its route describes.
import { Readable } from "node:stream";
import type { RouteAnswer } from "@ursa/contracts/route";
import type { FastifyReply } from "fastify";
import { eventStream } from "./event-stream.ts";
import type { BytesAnswer, EventAnswer } from "./handlers.ts";
import type { RequestLife } from "./request-life.ts";

/** How an answer is sent besides what it is: `isHead` sends no body; `validates` checks JSON against its schema first. */
export type SendOptions = { life: RequestLife; isHead: boolean; validates: boolean; heartbeatMs?: number };

/** @param answered how the route describes its answer, and what the handler returned */
export async function sendAnswer(
  { answer, value }: { answer: RouteAnswer; value: unknown },
  reply: FastifyReply,
  options: SendOptions,
): Promise<FastifyReply> {
  reply.code(answer.status);
  if (answer.kind === "empty") return reply.send();
  if (answer.kind === "json") {
    if (options.validates) assertMatches(answer, value);
    return reply.type("application/json; charset=utf-8").send(JSON.stringify(value));
  }
  // Handlers is typed by the route table, so the value is what the answer's kind says.
  if (answer.kind === "bytes") return sendBytes(value as BytesAnswer, reply, options);
  // And here it is the only kind left.
  return sendEvents(value as EventAnswer<unknown>, reply, options);
}

function assertMatches(answer: RouteAnswer & { kind: "json" }, value: unknown): void {
  const { error } = answer.schema.safeParse(value);
  if (error) throw new Error("A handler's answer is not what its route promises.", { cause: error });
}

/** Also sends what internal routes answer. */
export function sendBytes(value: BytesAnswer, reply: FastifyReply, { life, isHead }: SendOptions): FastifyReply {
  const { body, contentType, headers = {} } = value;
  reply.headers(headers).type(contentType);
  if (!(body instanceof Readable)) return reply.send(Buffer.from(body));
  if (isHead) {
    body.destroy();
    return reply.send();
  }
  // Once bytes are out, all that can be done is to break the connection, so that nobody takes a part for the whole.
  body.on("error", (error) => {
    if (!life.abort.signal.aborted) life.log.error({ err: error }, "the answer's stream failed");
  });
  return reply.send(body);
}

function sendEvents(events: EventAnswer<unknown>, reply: FastifyReply, options: SendOptions): FastifyReply {
  const { life, isHead, heartbeatMs } = options;
  // nginx would otherwise hold events back to fill its buffer.
  reply.header("x-accel-buffering", "no").type("text/event-stream; charset=utf-8");
  if (isHead) {
    void events[Symbol.asyncIterator]().return?.();
    return reply.send();
  }
  life.becomeStream();
  const onError = (error: unknown) => life.log.error({ err: error }, "the source of events failed");
  const { signal } = life.abort;
  return reply.send(eventStream(events, { signal, onError, ...(heartbeatMs ? { heartbeatMs } : {}) }));
}
