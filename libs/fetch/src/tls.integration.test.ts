// A server that speaks real TLS: who it is decides first, where it is decides last, and neither is ever waived.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ok, redirect, startImageServer } from "@ursa/testing/image-server";
import { runCommand } from "@ursa/testing/run-command";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { createSelfSignedCertificate } from "@ursa/testing/self-signed-certificate";
import { afterEach, describe, expect, test } from "vitest";

import { createAddressGuard } from "./address-guard.ts";
import { FetchFailure } from "./fetch-failure.ts";
import { createFetcher } from "./fetcher.ts";
import { followRedirects } from "./follow-redirects.ts";
import { createGuardedAgent } from "./guarded-agent.ts";
import { createHostLimiter } from "./host-limiter.ts";
import { createNameResolver } from "./name-resolver.ts";

const BYTES = Buffer.from("pretend that this is a bear".repeat(100));
const NAME = "bears.example";
const certificate = createSelfSignedCertificate(NAME);
const never = new AbortController().signal;
const lookup = async () => [{ address: "127.0.0.1", family: 4 }];
const usual = getCACertificates();
const trustIt = () => setDefaultCACertificates([...usual, certificate.cert]);

afterEach(() => setDefaultCACertificates(usual));

const startPictures = () => startImageServer({ "/bear.jpg": ok(BYTES) }, certificate);
const urlOf = ({ origin }: { origin: string }, name = NAME) => `${origin.replace("127.0.0.1", name)}/bear.jpg`;

test("a certificate that nobody vouches for ends as connection_error, once, and nothing is asked", async () => {
  await using server = await startPictures();
  await using fetcher = createFetcher({ userAgent: "Ursa/test", allow: [server.address], lookup });
  expect(await fetcher.fetch(urlOf(server), never)).toMatchObject({
    ...{ ok: false, outcome: "connection_error", attempts: 1 },
    reason: "the server's certificate or TLS is not acceptable",
  });
  expect(server.hits).toEqual([]);
});

test("so does one that is trusted and another name's", async () => {
  trustIt();
  await using server = await startPictures();
  await using fetcher = createFetcher({ userAgent: "Ursa/test", allow: [server.address], lookup });
  const reason = "the server's certificate or TLS is not acceptable";
  expect(await fetcher.fetch(urlOf(server, "wolves.example"), never)).toMatchObject({
    outcome: "connection_error",
    reason,
  });
  expect(server.hits).toEqual([]);
});

test("a process told of the authority by NODE_EXTRA_CA_CERTS has the picture", async () => {
  await using folder = await createScratchFolder();
  const path = join(folder.path, "authority.pem");
  await writeFile(path, certificate.cert);
  await using server = await startPictures();
  const source = `
    import { createFetcher } from "${import.meta.dirname}/fetcher.ts";
    const lookup = async () => [{ address: "127.0.0.1", family: 4 }];
    await using fetcher = createFetcher({ userAgent: "Ursa/test", allow: ["${server.address}"], lookup });
    const { bytes, ...result } = await fetcher.fetch("${urlOf(server)}", AbortSignal.timeout(10_000));
    console.log(JSON.stringify({ ...result, text: String(Buffer.from(bytes ?? [])) }));`;
  const child = ["--input-type=module", "-e", source];
  const result: unknown = JSON.parse(await runCommand(process.execPath, child, { env: { NODE_EXTRA_CA_CERTS: path } }));
  expect(result).toMatchObject({ ok: true, attempts: 1, finalUrl: urlOf(server), text: BYTES.toString() });
  expect(server.hits).toEqual(["/bear.jpg"]);
});

describe("behind an accepted certificate", () => {
  /** Its guard accepts the listed address; of the connected peer it says what `peer` says. */
  async function fetchWatched(url: string, allow: string, peer: () => void) {
    const checked: string[] = [];
    const guard = {
      ...createAddressGuard([allow]),
      checkAddress(address: string) {
        checked.push(address);
        if (checked.length > 1) peer();
      },
    };
    const resolver = createNameResolver({ lookup });
    const dispatcher = createGuardedAgent({ guard, resolver, connectTimeoutMs: 1_000, perHost: 1 });
    const limits = { headersTimeoutMs: 1_000, idleTimeoutMs: 1_000, totalTimeoutMs: 5_000, maxBytes: 1e6 };
    const settings = { ...limits, userAgent: "Ursa/test", maxRedirects: 1 };
    const limiter = createHostLimiter({ total: 1, perHost: 1 });
    const work = followRedirects(url, { guard, resolver, limiter, dispatcher, settings }, never);
    const outcome = await work.catch((error: unknown) => error);
    await dispatcher.destroy();
    return { outcome, checked };
  }

  test("the peer's address is checked once more, and then the picture comes", async () => {
    trustIt();
    await using server = await startPictures();
    const { outcome, checked } = await fetchWatched(urlOf(server), server.address, () => {});
    expect(outcome).toEqual({ bytes: BYTES, finalUrl: urlOf(server) });
    expect(checked).toEqual(["127.0.0.1", "127.0.0.1"]);
  });

  test("a peer that is not the address that was checked is dropped before it is asked", async () => {
    trustIt();
    await using server = await startPictures();
    const refuse = () => {
      throw new FetchFailure("blocked_address", "refused");
    };
    const { outcome } = await fetchWatched(urlOf(server), server.address, refuse);
    expect(outcome).toMatchObject({ outcome: "blocked_address" });
    expect(server.hits).toEqual([]);
  });

  test("a redirect down to http: is not followed, and its reason says what to do", async () => {
    trustIt();
    await using plain = await startImageServer({ "/bear.jpg": ok(BYTES) });
    await using server = await startImageServer({ "/bear.jpg": redirect(`${plain.origin}/bear.jpg`) }, certificate);
    await using fetcher = createFetcher({ userAgent: "Ursa/test", allow: [server.address, plain.address], lookup });
    expect(await fetcher.fetch(urlOf(server), never)).toMatchObject({
      ...{ ok: false, outcome: "bad_scheme", status: 302, attempts: 1 },
      reason: "redirected from https: to http:, which is not followed; list the http: URL itself if that is meant",
    });
    expect(plain.hits).toEqual([]);
  });
});
