// Log lines: JSON, with ids, without secrets.
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { redact } from "./redact.ts";

function capture() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { log: createLogger({ service: "api", level: "info", destination }), lines };
}

test("a line is JSON with the service, the level as a word and the time in ISO 8601", () => {
  const { log, lines } = capture();
  log.child({ requestId: "r-1" }).child({ jobId: "ds_1-1" }).info({ url: "http://127.0.0.1" }, "listening");
  log.debug("not at this level");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: "api",
      pid: process.pid,
      requestId: "r-1",
      jobId: "ds_1-1",
      url: "http://127.0.0.1",
      msg: "listening",
    },
  ]);
});

test("no secret leaves in a line, wherever it stands", () => {
  const { log, lines } = capture();
  log.info(
    { headers: { Authorization: "Bearer hunter2", cookie: "a=hunter2", "set-cookie": ["a=hunter2", "b"] } },
    "request",
  );
  log.info({
    config: { URSA_STORE_SECRET_KEY: "hunter2", accessKey: "hunter2", deep: { apiKey: 'hun"ter2 hunter2' } },
  });
  log.error({
    err: new Error("connect redis://:hunter2@10.0.0.1:6379 failed", { cause: new Error("http://u:hunter2@b") }),
  });
  log.info("curl -H 'Authorization: Bearer hunter2'");
  log.child({ password: "hunter2" }).info("child");
  log.info({ url: "https://s3/a?X-Amz-Credential=hunter2&X-Amz-Signature=hunter2&x=1" });
  log.info({ token: `ursa_key_01J00000000000000000000000_hunter2` }, "ursa_key_01J00000000000000000000000_hunter2");
  log.error({ err: new Error("signed with whsec_aHVudGVy+hunter2/hunter2==") });
  expect(lines).toHaveLength(8);
  for (const line of lines) {
    expect(line).not.toContain("hunter2");
    expect(line).toContain("[redacted]");
    expect(() => JSON.parse(line)).not.toThrow();
  }
});

test("what is no secret stays as it was", () => {
  const texts = [
    "http://example.com/a?email=me@example.com",
    "redis://127.0.0.1:6379",
    '{"tokens":5,"keys":["a"],"class":"teddy bear"}',
    "http://[::1]:8080/@scope/name",
    '{"keyId":"key_01J00000000000000000000000"}',
  ];
  for (const text of texts) expect(redact(text)).toBe(text);
});

test("a hostile line takes no time to speak of", () => {
  const started = performance.now();
  for (const text of [
    "://".repeat(100_000),
    `"secret":"${"\\".repeat(200_001)}`,
    `${"a.".repeat(200_000)}://`,
    "token".repeat(50_000),
  ])
    redact(text);
  expect(performance.now() - started).toBeLessThan(1000);
});
