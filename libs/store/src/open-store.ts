// The object store named by a URL. What the URL may say is in docs/store.md.
import { fileURLToPath } from "node:url";
import { failingStore, parseFailpoint } from "./failpoint.ts";
import { openFolderStore } from "./folder-store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { S3StoreOptions } from "./s3-store.ts";

export type OpenStoreOptions = {
  /** For `s3:`. Never part of the URL, because URLs are logged. */
  accessKey?: string | undefined;
  secretKey?: string | undefined;
  sessionToken?: string | undefined;
  /** For `s3:`, where clients reach it by themselves: https://host[:port]. Ignored by a folder. */
  publicUrl?: string | undefined;
  /** Where a test ends this process, as parseFailpoint reads it. */
  failpoint?: string | undefined;
} & Pick<S3StoreOptions, "operationTimeoutMs" | "idleTimeoutMs" | "maxAttempts">;

const FORMS =
  "file:///absolute/folder, folder:relative/folder or s3://host[:port]/bucket[?region=…&tls=…&prefix=…&create=…]";
const S3_PARAMETERS = ["region", "tls", "prefix", "create"];

/**
 * Opens `file:///absolute/folder`, `folder:relative/folder` (from the working directory) or
 * `s3://host[:port]/bucket?region=us-east-1&tls=true&prefix=&create=false` (the defaults). Throws TypeError for any other URL, and for
 * a failpoint that is none.
 */
export async function openStore(
  url: string,
  { failpoint: text, ...options }: OpenStoreOptions = {},
): Promise<ObjectStore> {
  const store = await openPlain(url, options);
  if (!text) return store;
  const failpoint = parseFailpoint(text);
  if (!failpoint)
    throw new TypeError(`Expected a failpoint such as after-put:/checkpoints/:1, got ${JSON.stringify(text)}`);
  return failingStore(store, failpoint);
}

async function openPlain(url: string, options: StoreSettings): Promise<ObjectStore> {
  if (url.startsWith("folder:")) return openFolderStore({ root: url.slice("folder:".length) });
  const parsed = URL.parse(url);
  if (parsed?.protocol === "file:" && parsed.host === "") return openFolderStore({ root: fileURLToPath(parsed) });
  if (parsed?.protocol === "s3:") {
    const settings = parseS3Url(parsed, options);
    // Loaded here: the S3 client takes a fifth of a second of every start, and a folder needs none.
    const { openS3Store } = await import("./s3-store.ts");
    return openS3Store(settings);
  }
  throw new TypeError(`Expected a store URL ${FORMS}, got ${JSON.stringify(url)}`);
}

type StoreSettings = Omit<OpenStoreOptions, "failpoint">;

function parseS3Url(
  url: URL,
  { accessKey, secretKey, sessionToken, publicUrl, ...limits }: StoreSettings,
): S3StoreOptions {
  if (url.username !== "" || url.password !== "")
    throw new TypeError("Give the store's keys apart from its URL, which is logged");
  if (!accessKey || !secretKey) throw new TypeError(`The store at ${url.host} needs an access key and a secret key`);
  const bucket = url.pathname.replace(/^\/|\/$/g, "");
  const unknown = [...url.searchParams.keys()].find((name) => !S3_PARAMETERS.includes(name));
  if (url.hostname === "" || bucket === "" || bucket.includes("/") || unknown !== undefined) {
    throw new TypeError(`Expected a store URL ${FORMS}, got ${url.href}`);
  }
  return {
    ...limits,
    host: url.hostname,
    ...(url.port !== "" && { port: Number(url.port) }),
    bucket,
    ...(publicUrl !== undefined && { publicUrl }),
    tls: parseFlag(url, "tls", true),
    region: url.searchParams.get("region") ?? "us-east-1",
    prefix: url.searchParams.get("prefix") ?? "",
    createsBucket: parseFlag(url, "create", false),
    credentials: { accessKey, secretKey, ...(sessionToken && { sessionToken }) },
  };
}

function parseFlag(url: URL, name: string, fallback: boolean): boolean {
  const value = url.searchParams.get(name) ?? String(fallback);
  if (value !== "true" && value !== "false")
    throw new TypeError(`Expected ${name}=true or ${name}=false, got ${url.href}`);
  return value === "true";
}
