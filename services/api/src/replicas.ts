// The replicas behind the name of a service, in turn. Compose's DNS and a headless Service list the address of each; a pool of connections
// would stay with the one it met first, and a replica that was added later would never be asked.
import { lookup as lookupName } from "node:dns/promises";

/** The replicas' base URLs, the one whose turn it is first. Never empty. */
export type Replicas = () => Promise<URL[]>;
type Lookup = (hostname: string) => Promise<{ address: string; family: number }[]>;

/** How long a list of addresses is used. A replica that left the list goes on answering for longer than this before it stops. */
const MAX_AGE_MS = 2000;

const lookupAll: Lookup = (hostname) => lookupName(hostname, { all: true });

/**
 * A name with one address, and one reached by TLS, whose certificate is for the name, stays as it is; so does one that cannot be resolved:
 * the request then says why.
 */
export function replicasOf(base: string, lookup: Lookup = lookupAll): Replicas {
  const url = new URL(base);
  if (url.protocol !== "http:") return async () => [url];
  let turn = 0;
  let known: { urls: URL[]; since: number } | undefined;
  let asking: Promise<URL[]> | undefined;
  const ask = async () => {
    const urls = await addressesOf(url, lookup);
    known = { urls, since: performance.now() };
    return urls;
  };
  const current = async () => {
    if (known && performance.now() - known.since < MAX_AGE_MS) return known.urls;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  return async () => {
    const urls = await current();
    const first = turn++ % urls.length;
    return [...urls.slice(first), ...urls.slice(0, first)];
  };
}

async function addressesOf(url: URL, lookup: Lookup): Promise<URL[]> {
  const addresses = await lookup(url.hostname.replace(/^\[|\]$/g, "")).catch(() => []);
  if (addresses.length < 2) return [url];
  // In an order of their own: DNS turns them around with every answer, and our turn would fall on the same one again.
  const hosts = addresses.map(({ address, family }) => (family === 6 ? `[${address}]` : address)).sort();
  return hosts.map((host) => Object.assign(new URL(url), { hostname: host }));
}
