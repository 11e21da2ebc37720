// A stream that breaks, a service that restarts, a record that is gone: what a follower makes of each.
import type { UrsaEvent } from "@ursa/contracts/events";
import { Problem } from "@ursa/contracts/problem";
import type { ServerEvent } from "@ursa/contracts/server-events";
import { expect, test } from "vitest";
import { followRecord } from "./follow-record.ts";

type Step = ServerEvent<UrsaEvent>[] | Error;
const log = (id: string): ServerEvent<UrsaEvent> => ({ id, data: { type: "log", message: id } });
const END: ServerEvent<UrsaEvent> = { data: { type: "state", state: "ready" } };

async function* playing(step: Step): AsyncGenerator<ServerEvent<UrsaEvent>> {
  if (step instanceof Error) throw step;
  yield* step;
}

/** Each connection plays the next step; `asked` is what each was opened after. */
async function follow(steps: Step[]) {
  const asked: (string | undefined)[] = [];
  const seen: string[] = [];
  const open = async (after: string | undefined) => {
    asked.push(after);
    return playing(steps[asked.length - 1] ?? [END]);
  };
  const onEvent = (event: UrsaEvent) => void seen.push(event.type === "log" ? event.message : event.type);
  await followRecord(open, { signal: new AbortController().signal, onEvent, pauseMs: 1 });
  return { asked, seen };
}

test("a stream that ends early is opened again after the last event that was seen", async () => {
  expect(await follow([[log("1"), log("2")], [], [log("3"), END]])).toEqual({
    asked: [undefined, "2", "2"],
    seen: ["1", "2", "3", "state"],
  });
});

test("a connection that breaks and an API that restarts cost a pause", async () => {
  const away = new Problem("queue_unavailable");
  expect((await follow([[log("1")], new TypeError("fetch failed"), away, [END]])).seen).toEqual(["1", "state"]);
});

test("what asking again does not mend ends it", async () => {
  await expect(follow([new Problem("not_found")])).rejects.toMatchObject({ code: "not_found" });
  await expect(follow([[log("1")], new Problem("key_revoked")])).rejects.toMatchObject({ code: "key_revoked" });
});

test("who looks elsewhere is told nothing more", async () => {
  const leaving = new AbortController();
  const seen: UrsaEvent[] = [];
  const onEvent = (event: UrsaEvent) => {
    seen.push(event);
    leaving.abort();
  };
  await followRecord(async () => playing([log("1"), log("2"), END]), { signal: leaving.signal, onEvent });
  expect(seen).toHaveLength(1);
});
