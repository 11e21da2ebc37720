// Queue payloads: jobs that an older version put into Redis are still understood, and nothing else is.
import { expect, test } from "vitest";
import { isNewerPayload, PAYLOAD_VERSION, QUEUE_NAMES, QUEUES, type QueueName } from "./queues.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";
const AT = `"timestamp":"2026-11-30T12:00:00.000Z"`;
const notice = (subject: string, event: string) =>
  `{"v":1,"namespace":"default","id":"whk_${ULID}","message":"whk_${ULID}-${subject}","event":{${event}}}`;
const finished = (kind: string, id: string, how: string) =>
  `"type":"job.finished",${AT},"data":{"kind":"${kind}","id":"${id}","namespace":"default",${how}}`;

// Frozen: these are bytes that may be in somebody's Redis. A new version adds samples; it never changes one.
const SAMPLES: [QueueName, string][] = [
  ["fetch", `{"v":1,"namespace":"default","target":"dataset","id":"ds_${ULID}","shard":0}`],
  ["fetch", `{"v":1,"namespace":"default","target":"prediction","id":"prd_${ULID}","shard":3906}`],
  ["fetch", `{"v":3,"namespace":"default","target":"dataset","id":"ds_${ULID}","shard":0}`],
  ["fetch", `{"v":4,"namespace":"default","target":"dataset","id":"ds_${ULID}","shard":1}`],
  ["assemble", `{"v":3,"namespace":"default","id":"ds_${ULID}"}`],
  ["assemble", `{"v":1,"namespace":"default","id":"ds_${ULID}"}`],
  ["train", `{"v":1,"namespace":"default","id":"mdl_${ULID}"}`],
  ["train", `{"v":2,"namespace":"default","id":"ins_${ULID}"}`],
  ["train", `{"v":2,"namespace":"default","id":"reg_${ULID}"}`],
  ["predict", `{"v":1,"namespace":"default","id":"prd_${ULID}","shard":0}`],
  ["collect", `{"v":1,"namespace":"default","id":"prd_${ULID}"}`],
  ["evaluate", `{"v":1,"namespace":"default","id":"evl_${ULID}"}`],
  ["notify", notice(`mdl_${ULID}`, finished("model", `mdl_${ULID}`, `"state":"ready"`))],
  [
    "notify",
    notice(`swp_${ULID}`, finished("sweep", `swp_${ULID}`, `"state":"failed","error":{"code":"worker_failed"}`)),
  ],
  [
    "notify",
    notice(`tst_${ULID}`, `"type":"webhook.test",${AT},"data":{"webhook":"whk_${ULID}","namespace":"default"}`),
  ],
];

test.each(SAMPLES)("a %s job of any version is understood: %s", (queue, text) => {
  expect(QUEUES[queue].payload.parse(JSON.parse(text))).toEqual(JSON.parse(text));
  expect(text.length).toBeLessThan(4096);
});

test("a job of a later version is told from one that is wrong", () => {
  expect(isNewerPayload({ v: PAYLOAD_VERSION + 1, whatever: "it says" })).toBe(true);
  for (const data of [{ v: PAYLOAD_VERSION }, { v: 0 }, { v: "2" }, { v: 1.5 }, {}, null, "2"])
    expect(isNewerPayload(data), JSON.stringify(data)).toBe(false);
});

test("every queue has a sample", () => {
  expect(new Set(SAMPLES.map(([queue]) => queue))).toEqual(new Set(QUEUE_NAMES));
  expect([...QUEUE_NAMES].sort()).toEqual(Object.keys(QUEUES).sort());
});

test.each(SAMPLES)("a %s job that differs in anything is refused: %s", (queue, text) => {
  const sample = JSON.parse(text);
  const { payload } = QUEUES[queue];
  const wrong = [
    { ...sample, extra: 1 },
    { ...sample, v: sample.v === 2 ? 1 : 2 },
    { ...sample, v: undefined },
    { ...sample, id: `ds_${ULID}/../x` },
    { ...sample, namespace: "../default" },
    { ...sample, shard: -1 },
    { ...sample, shard: 0.5 },
    JSON.parse(text.replace("{", '{"__proto__":{"polluted":1},')),
    null,
    [],
    text,
  ];
  for (const value of wrong) expect(payload.safeParse(value).success, JSON.stringify(value)).toBe(false);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("a dataset's id under a prediction's name is refused", () => {
  const mixed = { v: 1, namespace: "default", target: "prediction", id: `ds_${ULID}`, shard: 0 };
  expect(QUEUES.fetch.payload.safeParse(mixed).success).toBe(false);
});

test("every queue tries again, and waits in between", () => {
  for (const { attempts, backoffMs } of Object.values(QUEUES)) {
    expect(attempts).toBeGreaterThan(1);
    expect(backoffMs).toBeGreaterThanOrEqual(1000);
  }
});
