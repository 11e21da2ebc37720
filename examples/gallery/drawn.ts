// Three kinds of drawn bears as URL lists, with one of every fault the web is known for planted among them.
import { setTimeout as sleep } from "node:timers/promises";
import type { OutcomeCounts } from "@ursa/contracts/dataset";
import {
  type Behaviour,
  flaky,
  htmlAsJpeg,
  type ImageServer,
  type ListenAt,
  ok,
  redirect,
  slowDrip,
  startImageServer,
  status,
} from "@ursa/testing/image-server";
import { BEAR_KINDS, type BearKind, drawBear } from "@ursa/testing/pictures";

export type Gallery = {
  /** `host:port` of the server. */
  address: string;
  classes: { name: string; urls: string[] }[];
  /** How many URLs should end in each outcome; a folder of real pictures promises nothing. */
  expected?: OutcomeCounts;
};

type Planted = { path: string; behaviour: Behaviour; outcome: keyof OutcomeCounts };

/** Enough for a head to learn from, few enough to draw in seconds. */
const PICTURES_PER_CLASS = 40;

export async function serveDrawn(seed: number, at?: ListenAt): Promise<Gallery> {
  const server = await startImageServer({}, undefined, at);
  const shared = await drawBear("grizzly", seed + 900_000);
  const planted = await Promise.all(
    BEAR_KINDS.map(async (kind) => ({ kind, pages: await pagesOf(kind, seed, shared) })),
  );
  const classes = planted.map(({ kind, pages }) => ({
    name: kind,
    urls: pages.map((page) => publish(server, kind, page)),
  }));
  const expected: OutcomeCounts = {};
  for (const { outcome } of planted.flatMap(({ pages }) => pages)) expected[outcome] = (expected[outcome] ?? 0) + 1;
  return { address: server.address, classes, expected };
}

function publish(server: ImageServer, kind: BearKind, { path, behaviour }: Planted): string {
  server.set(`/${kind}/${path}`, behaviour);
  return `${server.origin}/${kind}/${path}`;
}

async function pagesOf(kind: BearKind, seed: number, shared: Buffer): Promise<Planted[]> {
  const base = seed * 1000;
  const drawn: Buffer[] = [];
  for (let index = 0; index < PICTURES_PER_CLASS + 4; index++) drawn.push(await drawBear(kind, base + index));
  const good = drawn
    .slice(0, PICTURES_PER_CLASS)
    .map((bytes, index): Planted => ({ path: `${index}.jpg`, behaviour: ok(bytes), outcome: "ok" }));
  return [...good, ...faultsOf(drawn.slice(PICTURES_PER_CLASS), good, shared)];
}

/** Four of the pictures are hard to get but good; everything else must end in its own outcome. */
function faultsOf([patient, dripping, moved, torn]: Buffer[], [first]: Planted[], shared: Buffer): Planted[] {
  if (!patient || !dripping || !moved || !torn || !first) throw new Error("the faults need four pictures and a list");
  return [
    { path: "busy.jpg", behaviour: flaky(1, ok(patient)), outcome: "ok" },
    { path: "slow.jpg", behaviour: slowly(dripping), outcome: "ok" },
    { path: "old-address.jpg", behaviour: redirect("moved.jpg"), outcome: "ok" },
    { path: "moved.jpg", behaviour: ok(moved), outcome: "duplicate" },
    { path: "gone.jpg", behaviour: status(404), outcome: "http_4xx" },
    { path: "broken-server.jpg", behaviour: status(500), outcome: "http_5xx" },
    { path: "page.jpg", behaviour: htmlAsJpeg, outcome: "not_an_image" },
    { path: "torn.jpg", behaviour: ok(torn.subarray(0, torn.length / 2)), outcome: "corrupt_image" },
    { path: "endless.jpg", behaviour: slowDrip(), outcome: "timeout" },
    { path: "mirror.jpg", behaviour: first.behaviour, outcome: "duplicate" },
    { path: "which-bear.jpg", behaviour: ok(shared), outcome: "label_conflict" },
    { path: "inside.jpg", behaviour: redirect("http://10.0.0.1/admin.jpg"), outcome: "blocked_address" },
  ];
}

const PIECES = 10;
const PAUSE_MS = 150;

/** The whole picture, in small pieces. */
function slowly(bytes: Buffer): Behaviour {
  return async (_request, response) => {
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": bytes.length });
    const step = Math.ceil(bytes.length / PIECES);
    for (let start = 0; start < bytes.length; start += step) {
      response.write(bytes.subarray(start, start + step));
      await sleep(PAUSE_MS);
    }
    response.end();
  };
}
