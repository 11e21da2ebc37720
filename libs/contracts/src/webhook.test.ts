// Which addresses may be registered, and what a message's body is.
import { expect, test } from "vitest";
import { messageIdSchema } from "./ids.ts";
import { createWebhookSchema, webhookEventSchema } from "./webhook.ts";

test.each([
  ["https://example.org/hook?token=1", "https://example.org/hook?token=1"],
  ["http://EXAMPLE.org:80", "http://example.org/"],
  ["https://exam\nple.org/\thook", "https://example.org/hook"],
])("%j is an address to send to, in its parsed form", (url, parsed) => {
  expect(createWebhookSchema.parse({ url })).toEqual({ url: parsed, events: ["job.finished"] });
});

test.each([
  "",
  "example.org/hook",
  "//example.org/hook",
  "ftp://example.org/hook",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "https://user@example.org/",
  "https://user:password@example.org/",
  "https://example.org/hook#part",
  `https://example.org/${"a".repeat(2048)}`,
])("%j is none", (url) => {
  expect(createWebhookSchema.safeParse({ url }).success).toBe(false);
});

test("events are named, and unknown ones refused", () => {
  const url = "https://example.org/";
  for (const events of [[], ["job.started"], "job.finished"])
    expect(createWebhookSchema.safeParse({ url, events }).success).toBe(false);
});

test("a body has nothing in it but what is listed, and no state in which a job goes on", () => {
  const data = { kind: "model", id: "mdl_01JABCDEFGHJKMNPQRSTVWXYZ0", namespace: "default", state: "ready" };
  const event = { type: "job.finished", timestamp: "2026-11-30T12:00:00.000Z", data };
  expect(webhookEventSchema.parse(event)).toEqual(event);
  for (const more of [{ url: "https://a.example/" }, { state: "running" }, { id: "mdl_1" }, { kind: "key" }])
    expect(webhookEventSchema.safeParse({ ...event, data: { ...data, ...more } }).success).toBe(false);
});

test("a message's id has no dot, which stands between the parts that are signed", () => {
  const id = "whk_01JABCDEFGHJKMNPQRSTVWXYZ0-mdl_01JABCDEFGHJKMNPQRSTVWXYZ0";
  expect(messageIdSchema.parse(id)).toBe(id);
  for (const wrong of [`${id}.1`, `${id}-1`, id.replace("mdl_", ""), `../${id}`])
    expect(messageIdSchema.safeParse(wrong).success).toBe(false);
});
