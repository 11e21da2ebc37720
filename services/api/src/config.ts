// What the API reads from the environment.
import { isIP } from "node:net";
import { commonConfig, count, portConfig } from "@ursa/service/config";
import { z } from "zod";
import { parseOverrides } from "./quota-limits.ts";

/** As Fastify takes them: single addresses, ranges, and names of the usual ranges. */
const PROXY = /^(loopback|linklocal|uniquelocal|[\d.]+(\/\d{1,2})?|[\da-f:.]+(\/\d{1,3})?)$/i;
const areProxies = (text: string) =>
  text
    .split(",")
    .every(
      (one) => PROXY.test(one.trim()) && (/^[a-z]+$/i.test(one.trim()) || isIP(one.trim().replace(/\/.*/, "")) > 0),
    );

const quota = (meaning: string) =>
  count(1_000_000_000_000)
    .optional()
    .meta({ description: `${meaning}; without it as many as they like (docs/quotas.md)` });

/** What each namespace may use, unless it is overridden. */
const quotaConfig = {
  URSA_QUOTA_JOBS: quota("Jobs of one namespace that have not ended"),
  URSA_QUOTA_URLS_PER_DAY: quota("URLs that one namespace may have fetched in a day, UTC"),
  URSA_QUOTA_TRAINING_MINUTES_PER_DAY: quota("Minutes of training of one namespace in a day, UTC"),
  URSA_QUOTA_STORED_MB: quota("Megabytes (10^6 bytes) that one namespace may store"),
  URSA_QUOTA_REQUESTS_PER_MINUTE: quota("Requests with one key in a minute"),
  URSA_QUOTA_OVERRIDES: z
    .string()
    .refine(
      (text) => parseOverrides(text) !== undefined,
      "expected namespace.quota=number or =off, comma-separated, such as team-a.jobs=200,team-b.urls-per-day=off",
    )
    .optional()
    .meta({
      description:
        "What some namespaces may use instead: namespace.quota=number or =off, comma-separated, such as team-a.jobs=200,team-b.urls-per-day=off",
    }),
};

const adminKey = () =>
  z
    .string()
    .regex(/^[\w.~+/=-]{32,200}$/, "expected 32 to 200 letters and digits, such as `openssl rand -hex 32` gives");

export const apiConfig = z.object({
  ...commonConfig,
  ...portConfig(8080, "Port of the API and the web page"),
  URSA_DOWNLOADER_URL: z
    .url()
    .default("http://127.0.0.1:8081")
    .meta({ description: "Where the API reaches the downloader's /fetch" }),
  URSA_INFERER_URL: z
    .url()
    .default("http://127.0.0.1:8083")
    .meta({ description: "Where the API reaches an inferer's /classify" }),
  URSA_ADMIN_KEY: adminKey()
    .optional()
    .meta({ description: "Key of the installation's admin; with it, every caller needs a key", secret: true }),
  URSA_ADMIN_KEY_FORMER: adminKey().optional().meta({
    description: "The admin's key before this one, which is taken too until URSA_ADMIN_KEY_FORMER_UNTIL",
    secret: true,
  }),
  URSA_ADMIN_KEY_FORMER_UNTIL: z.iso
    .datetime({ offset: true, error: "expected a time such as 2026-12-01T12:00:00Z" })
    .optional()
    .meta({ description: "When the admin's former key ends, such as 2026-12-01T12:00:00Z" }),
  URSA_KEYS: z.enum(["auto", "off"]).default("auto").meta({
    description: "auto: keys are asked for once there is an admin key or any key was made; off: never, on loopback",
  }),
  URSA_OPEN_ON: z.string().optional().meta({
    description: "URSA_HOST once more, where an API with URSA_KEYS=off is to answer other machines without keys",
  }),
  URSA_STORE_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: "expected https://host[:port]" })
    .optional()
    .meta({
      description:
        "Where those who download reach an S3 store by themselves, such as https://s3.example.org: links then lead there. Without it the API answers them",
    }),
  URSA_TRUSTED_PROXIES: z
    .string()
    .refine(areProxies, "expected addresses or ranges, comma-separated, such as 10.0.0.0/8,127.0.0.1")
    .optional()
    .meta({
      description:
        "Proxies in front of the API whose X-Forwarded-For is believed, where requests are limited by client address: addresses or ranges, comma-separated",
    }),
  ...quotaConfig,
});
export type ApiConfig = z.output<typeof apiConfig>;
