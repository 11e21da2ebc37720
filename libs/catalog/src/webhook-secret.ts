// The secret that a webhook's messages are signed with, and the signature of Standard Webhooks (symmetric, `v1`).
import { createHmac, randomBytes } from "node:crypto";

/** 256 bits; the standard asks for 192 to 512. */
const SECRET_BYTES = 32;
const PREFIX = "whsec_";

export const newWebhookSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString("base64");

export type Signed = {
  message: string;
  /** Unix seconds. */
  timestamp: number;
  body: string;
};

/** The three headers of a message. `secret` is as `newWebhookSecret` makes them: base64 behind its prefix. */
export function signedHeaders(secret: string, { message, timestamp, body }: Signed): Record<string, string> {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  const signature = createHmac("sha256", key).update(`${message}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": message,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}
