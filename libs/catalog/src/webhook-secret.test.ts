// The signature against the test vector of Standard Webhooks, which its libraries for a dozen languages are tested with.
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { newWebhookSecret, signedHeaders } from "./webhook-secret.ts";

/** https://github.com/standard-webhooks/standard-webhooks, of each library's tests. */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  signed: { message: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' },
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

test("the standard's test vector comes out", () => {
  expect(signedHeaders(VECTOR.secret, VECTOR.signed)).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": VECTOR.signature,
  });
});

test("whatever is changed changes the signature", () => {
  const { secret, signed } = VECTOR;
  const others = [
    signedHeaders(newWebhookSecret(), signed),
    signedHeaders(secret, { ...signed, message: `${signed.message}.` }),
    signedHeaders(secret, { ...signed, timestamp: signed.timestamp + 1 }),
    signedHeaders(secret, { ...signed, body: `${signed.body} ` }),
  ].map((headers) => headers["webhook-signature"]);
  expect(new Set([VECTOR.signature, ...others]).size).toBe(5);
});

test("secrets are 256 random bits in base64 behind their prefix, and sign text that is not ASCII as UTF-8", () => {
  const secrets = Array.from({ length: 50 }, newWebhookSecret);
  expect(new Set(secrets).size).toBe(50);
  for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const [secret = ""] = secrets;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const expected = createHmac("sha256", key).update(Buffer.from("m.1.ä", "utf8")).digest("base64");
  expect(signedHeaders(secret, { message: "m", timestamp: 1, body: "ä" })["webhook-signature"]).toBe(`v1,${expected}`);
});
