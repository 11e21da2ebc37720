// All of Ursa beside a gallery of drawn bears with planted faults, for tests that need the whole.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@ursa/contracts/client";
import { waitUntil } from "@ursa/testing/wait-until";
import type { Session } from "../../cli/src/connect.ts";
import { type Gallery, startGallery } from "../../cli/src/local/demo/gallery-process.ts";
import type { ServiceEntry } from "../../cli/src/local/up/service-table.ts";
import { startUrsa, type Ursa } from "../../cli/src/local/up/supervisor.ts";

export type World = AsyncDisposable & { ursa: Ursa; gallery: Gallery; session: Session };

type Options = {
  env?: Record<string, string>;
  folder?: string;
  /** Where some are to have an environment of their own. */
  services?: ServiceEntry[];
  /** Places that the downloader may reach beside the gallery. */
  allow?: string[];
};

export async function startWorld(options: Options = {}): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), "ursa-system-"));
  const gallery = await startGallery({ seed: 1, ...(options.folder ? { folder: options.folder } : {}) });
  const ursa = await startUrsa({
    home,
    port: 0,
    allowFetch: [gallery.address, ...(options.allow ?? [])],
    quiet: true,
    ...(options.services ? { services: options.services } : {}),
    env: { URSA_FETCH_TIMEOUT_S: "5", ...options.env },
  });
  const print = { isJson: true, answer() {}, note() {} };
  const client = createClient({ baseUrl: ursa.apiUrl, retries: 40 });
  return {
    ursa,
    gallery,
    session: { client, print, signal: new AbortController().signal },
    async [Symbol.asyncDispose]() {
      await ursa.stop();
      gallery.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/**
 * A dataset of the first `few` pictures of each class, in which the first teddy is listed once more as a grizzly: neither is in use.
 * @returns its id, once it is ready
 */
export async function makeFewBears({ gallery, session: { client } }: World, few: number): Promise<string> {
  const [stray = ""] = gallery.classes.at(-1)?.urls ?? [];
  const sources = gallery.classes.map(({ name, urls }, at) => ({
    class: name,
    urls: [...urls.slice(0, few), ...(at === 1 ? [stray] : [])],
  }));
  const { id } = await client.call("createDataset", { body: { name: "bears", sources } });
  const isReady = async () => (await client.call("getDataset", { params: { id } })).state === "ready";
  await waitUntil(isReady, { what: "the dataset", timeoutMs: 120_000 });
  return id;
}
