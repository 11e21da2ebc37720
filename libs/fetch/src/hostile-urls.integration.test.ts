// Every way in which a URL has led a server into its own network (SSRF), through the real fetcher: listed, redirected to, and by name. What counts
// is counted at the socket: which addresses a connection was so much as attempted to.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { redirect, startImageServer } from "@ursa/testing/image-server";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createFetcher, type Fetcher } from "./fetcher.ts";

/** By literals: loopback, private, shared, link-local, metadata, reserved, multicast; decimal, octal, hexadecimal, short, mapped, tunnelled. */
const LITERALS = [
  ...["127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1"],
  ...[
    "0177.0.0.1",
    "017700000001",
    "0x7f.0x0.0x0.0x1",
    "127.0.0.1.",
    "１２７.0.0.1",
    "127。0。0。1",
    "%31%32%37.0.0.1",
  ],
  ...["10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255", "0x0a000001"],
  ...[
    "100.64.0.1",
    "100.127.255.254",
    "100.100.100.200",
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
  ],
  ...[
    "0251.0376.0251.0376",
    "169.254.169.254.",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
  ],
  ...["224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "2822734096"],
  ...[
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:a9fe:a9fe]",
  ],
  ...["[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[fe80::1]", "[fc00::1]"],
  ...[
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[2001::1]",
    "[100::1]",
    "[::ffff:168.63.129.16]",
  ],
];
const ADDRESSES = ["127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.9", "0.0.0.0"];
const ADDRESSES_6 = ["::1", "::ffff:10.0.0.1", "fd00:ec2::254", "fe80::1", "64:ff9b::a9fe:a9fe", "2002:a00:1::"];
/** Other words for a place, or other ways to ask. */
const FORMS = [
  ...[
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "data:image/png;base64,AAAA",
    "gopher://127.0.0.1:6379/_INFO",
  ],
  ...[
    "ftp://10.0.0.1/bear.jpg",
    "dict://127.0.0.1:6379/info",
    "ldap://10.0.0.1/",
    "jar:http://10.0.0.1!/",
    "javascript:1",
  ],
  ...[
    "http://user:password@10.0.0.1/",
    "http://good.example@10.0.0.1/",
    "http://10.0.0.1:80@good.example/",
    "http://[fe80::1%25eth0]/",
  ],
  ...[
    "//10.0.0.1/",
    "http:\\\\10.0.0.1\\",
    "http:///10.0.0.1/",
    "http:10.0.0.1",
    "http://10.0.0.1:6379/",
    "https://10.0.0.1:8443/",
  ],
];
/** A name of each, of which two answer with a public address too, and one changes its mind. */
const NAMES = new Map<string, string[]>(
  [...ADDRESSES, ...ADDRESSES_6].map((address, n) => [`inside-${n}.example`, [address]]),
);
NAMES.set("both.example", ["93.184.216.34", "10.0.0.1"]);
NAMES.set("both-6.example", ["2606:4700::1111", "::1"]);

const attempts: string[] = [];
const watch = (message: unknown) => {
  const { socket } = message as { socket: Socket }; // As Node documents `net.client.socket`.
  socket.on("connectionAttempt", (ip, port) => attempts.push(`${ip}:${port}`));
};
let server: Awaited<ReturnType<typeof startImageServer>>;
let fetcher: Fetcher;
let rebound = 0;

beforeAll(async () => {
  subscribe("net.client.socket", watch);
  server = await startImageServer();
  const lookup = async (host: string) => {
    const answers = host === "rebound.example" ? [rebound++ === 0 ? "127.0.0.1" : "10.0.0.1"] : (NAMES.get(host) ?? []);
    return answers.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  fetcher = createFetcher({ userAgent: "Ursa test", allow: [server.address], lookup, retries: 0 });
});
afterEach(() => attempts.splice(0));
afterAll(async () => {
  unsubscribe("net.client.socket", watch);
  await fetcher.close();
  await server.close();
});

/** What became of it, and where a connection was attempted to beside our own server. */
async function tryUrl(url: string) {
  const result = await fetcher.fetch(url, new AbortController().signal);
  return { outcome: result.ok ? "ok" : result.outcome, elsewhere: attempts.filter((to) => to !== server.address) };
}

const urlsOf = (hosts: Iterable<string>) =>
  [...hosts].flatMap((host) => [`http://${host}/`, `https://${host}/latest/meta-data/`]);
const CASES = [...urlsOf(LITERALS), ...FORMS, ...urlsOf(NAMES.keys())];
const REFUSED = ["blocked_address", "bad_scheme", "dns_error"];

test("the watch at the socket sees a connection that is made", async () => {
  await tryUrl(`${server.origin}/`);
  expect(attempts).toContain(server.address);
});

test(`listed: none of ${CASES.length} leads to a connection, and each is refused for what it is`, async () => {
  expect(CASES.length).toBeGreaterThanOrEqual(80);
  for (const url of CASES) {
    const { outcome, elsewhere } = await tryUrl(url);
    expect(elsewhere, url).toEqual([]);
    expect(REFUSED, url).toContain(outcome);
  }
});

test(`redirected to: none of ${CASES.length} is followed`, async () => {
  for (const [n, url] of CASES.entries()) {
    // Bytes beyond ASCII may not stand in a header.
    server.set(`/to/${n}`, redirect(encodeURI(url)));
    const { outcome, elsewhere } = await tryUrl(`${server.origin}/to/${n}`);
    expect(elsewhere, url).toEqual([]);
    // A relative form leads back to our own server, where there is nothing.
    expect([...REFUSED, "http_4xx", "connection_error"], url).toContain(outcome);
  }
});

test("a name that is ours when it is asked for and another's when it is redirected to is not followed there", async () => {
  const port = server.address.split(":")[1];
  server.set("/rebind", redirect("/again"));
  const { elsewhere } = await tryUrl(`http://rebound.example:${port}/rebind`);
  expect(elsewhere).toEqual([]);
});
