// Decides which URLs and which addresses may be reached at all. The one accepted class is public unicast: an allow-list
// of one class outlives every list of private ranges. Beside it, a few public addresses that clouds answer on the machine itself.
import { MAX_URL_CHARACTERS } from "@ursa/contracts/dataset";
import ipaddr from "ipaddr.js";

import { FetchFailure } from "./fetch-failure.ts";

export interface AddressGuard {
  /** Parses once and checks the parsed form; what it returns is what must be requested. @throws FetchFailure */
  checkUrl(text: string | URL): URL;
  /** @throws FetchFailure when this address and port may not be connected to */
  checkAddress(address: string, port: number): void;
}

// Other ports of a public machine are mail servers, databases and consoles, none of which serve pictures.
const WEB_PORTS = [80, 443];
// An allow-list names machines. Anything wider than this is a mistake for "all private".
const WIDEST_PREFIX = { ipv4: 8, ipv6: 32 };

/**
 * @param allow further places, exact: `127.0.0.1:8123`, `10.1.0.0/16:9000`, `[::1]:8123`, `[fd00:1::]/64:80`
 * @throws Error for an entry that is not of that form
 */
export function createAddressGuard(allow: readonly string[] = []): AddressGuard {
  const allowed = allow.map(parseAllowed);
  const ports = new Set([...WEB_PORTS, ...allowed.map(({ port }) => port)]);

  function checkAddress(address: string, port: number): void {
    if (!ipaddr.isValid(address)) throw blocked();
    const parsed = ipaddr.process(address);
    const isNamed = allowed.some((entry) => entry.port === port && contains(entry.range, parsed));
    if (!isNamed && !(isPublic(parsed) && WEB_PORTS.includes(port))) throw blocked();
  }

  return {
    checkAddress,
    checkUrl(text) {
      const url = parseUrl(text);
      const port = portOf(url);
      if (!ports.has(port)) throw blocked();
      const host = bareHost(url);
      if (ipaddr.isValid(host)) checkAddress(host, port);
      return url;
    },
  };
}

export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

/** The host without the brackets of an IPv6 literal. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

// One wording for every refusal, so that it tells nothing about the network behind it.
function blocked(): FetchFailure {
  return new FetchFailure("blocked_address", "only public addresses on ports 80 and 443 are fetched");
}

function parseUrl(text: string | URL): URL {
  if (String(text).length > MAX_URL_CHARACTERS) {
    throw new FetchFailure("bad_scheme", `the URL is longer than ${MAX_URL_CHARACTERS} characters`);
  }
  const url = URL.parse(String(text));
  if (!url) throw new FetchFailure("bad_scheme", "this is not a URL; expected https://… or http://…");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new FetchFailure("bad_scheme", `${url.protocol} is not fetched; expected https: or http:`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new FetchFailure("bad_scheme", "URLs with a user name or password are not fetched");
  }
  url.hash = "";
  return url;
}

// ipaddr.js calls ::/96, where IPv4 addresses once lived, unicast; global IPv6 unicast is 2000::/3 less its special parts.
const GLOBAL_IPV6 = ipaddr.parseCIDR("2000::/3");

// Public by class, yet answered by the host a machine runs on, with its credentials. The other clouds' metadata addresses are
// link-local (169.254.0.0/16), shared (100.64.0.0/10), reserved (192.0.0.0/24) or unique local (fd00::/8), hence not public.
const HOST_LOCAL = [
  // Azure's WireServer: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  ipaddr.parseCIDR("168.63.129.16/32"),
];

function isPublic(address: Parsed): boolean {
  if (HOST_LOCAL.some((range) => contains(range, address))) return false;
  return address.range() === "unicast" && (address.kind() === "ipv4" || contains(GLOBAL_IPV6, address));
}

function contains(range: Range, address: Parsed): boolean {
  return range[0].kind() === address.kind() && address.match(range);
}

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Parsed, number];
type Allowed = { range: Range; port: number };

function parseAllowed(entry: string): Allowed {
  const parts = /^\[?([\da-f.:]+?)\]?(?:\/(\d{1,3}))?:(\d{1,5})$/i.exec(entry);
  const [, address = "", prefix, port = "0"] = parts ?? [];
  if (!ipaddr.isValid(address) || Number(port) < 1 || Number(port) > 65_535) throw badEntry(entry);
  const parsed = ipaddr.process(address);
  const bits = parsed.kind() === "ipv4" ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits || length < WIDEST_PREFIX[parsed.kind()]) throw badEntry(entry);
  return { range: [parsed, length], port: Number(port) };
}

function badEntry(entry: string): Error {
  return new Error(
    `cannot allow ${JSON.stringify(entry)}: expected an address or a narrow range with a port, ` +
      "such as 127.0.0.1:8123, 10.1.0.0/16:9000 or [::1]:8123",
  );
}
