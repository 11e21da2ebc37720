// Links that the API answers itself: what they are for and until when, signed with a secret that all replicas read from the store.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { modelIdSchema, namespaceSchema, predictionIdSchema } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { readJson, swapJson } from "./json-object.ts";

const namespace = namespaceSchema;
/** What one link is for, and nothing else. */
const targetSchema = z.discriminatedUnion("what", [
  z.strictObject({ what: z.literal("artifact"), namespace, id: modelIdSchema, stage: z.string(), name: z.string() }),
  z.strictObject({ what: z.literal("results"), namespace, id: predictionIdSchema, format: z.enum(["jsonl", "csv"]) }),
]);
export type LinkTarget = z.infer<typeof targetSchema>;

/** `until` in Unix milliseconds of the API's clock; nobody else's is asked. */
const contentSchema = z.object({ target: targetSchema, until: z.int() });

const secretSchema = z.object({ secret: z.string().min(43) });
const SECRET_BYTES = 32;

export type Links = {
  /** @returns letters and digits to be a part of a path; some 300 of them */
  seal(target: LinkTarget, until: Date): Promise<string>;
  /** @throws Problem bad_link unless it is whole and in time */
  open(link: string): Promise<LinkTarget>;
};

export function createLinks(store: ObjectStore): Links {
  let known: Promise<string> | undefined;
  const secret = () => {
    known ??= readSecret(store).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    async seal(target, until) {
      const content = Buffer.from(JSON.stringify({ target, until: until.getTime() })).toString("base64url");
      return `${content}.${sign(content, await secret())}`;
    },
    async open(link) {
      const [content = "", signature = "", ...more] = link.split(".");
      if (more.length > 0 || !isEqual(signature, sign(content, await secret()))) throw changed();
      const { target, until } = contentSchema.parse(JSON.parse(Buffer.from(content, "base64url").toString()));
      if (until > Date.now()) return target;
      throw new Problem("bad_link", `This link ended at ${new Date(until).toISOString()}; have a new one made.`);
    },
  };
}

const changed = () => new Problem("bad_link", "This link was not made here, or not all of it was copied.");

const sign = (content: string, secret: string): string =>
  createHmac("sha256", secret).update(content).digest("base64url");

/** As texts: two that differ may stand for the same bytes, and only one of them was given out. */
const isEqual = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
};

/** Made by whichever replica needs it first. */
async function readSecret(store: ObjectStore): Promise<string> {
  const { secret } = await swapJson<z.infer<typeof secretSchema>>(store, keys.linkSecret, {
    what: "the secret of links",
    read: () => readJson(store, keys.linkSecret, secretSchema),
    change: (before) => before ?? { secret: randomBytes(SECRET_BYTES).toString("base64url") },
  });
  return secret;
}
