// The lists that every run works on: drawn bears, and URLs that fail in each way a web server can, with what may become of them.
import type { Outcome } from "@ursa/contracts/outcomes";
import { pixelBombPng, truncatedJpeg } from "@ursa/testing/hostile-pictures";
import {
  afterMs,
  type Behaviour,
  cutOff,
  flaky,
  htmlAsJpeg,
  ok,
  redirect,
  slowDrip,
  startImageServer,
  status,
} from "@ursa/testing/image-server";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";

export type Listed = { url: string; may: Outcome[] };
export type Listing = { class: string; urls: Listed[] };

const PER_KIND = 10;
/** Long enough that a fault meets a shard in the middle. */
const ANSWER_MS = 30;

/** Drawn once; each world has a server of its own. */
const drawn = new Map<string, Promise<Buffer>>();
const draw = (kind: (typeof BEAR_KINDS)[number], seed: number) => {
  const name = `${kind}/${seed}`;
  const picture = drawn.get(name) ?? drawBear(kind, seed);
  drawn.set(name, picture);
  return picture;
};

export async function startGallery() {
  const server = await startImageServer();
  const lists: Listing[] = [];
  for (const kind of BEAR_KINDS) {
    const urls: Listed[] = [];
    const add = (path: string, behaviour: Behaviour, ...may: Outcome[]) => {
      server.set(path, behaviour);
      urls.push({ url: server.origin + path, may });
    };
    for (let seed = 0; seed < PER_KIND; seed += 1)
      add(`/${kind}/${seed}.jpg`, afterMs(ANSWER_MS, ok(await draw(kind, seed))), "ok");
    add(`/${kind}/gone.jpg`, status(404), "http_4xx");
    lists.push({ class: kind, urls });
  }
  const bear = await draw("grizzly", 100);
  const faulty: [string, Behaviour, ...Outcome[]][] = [
    ["/odd/flaky.jpg", flaky(1, ok(bear)), "ok"],
    ["/odd/broken.jpg", status(500), "http_5xx"],
    ["/odd/cut.jpg", cutOff(bear), "connection_error"],
    ["/odd/truncated.jpg", ok(await truncatedJpeg()), "corrupt_image"],
    ["/odd/page.jpg", htmlAsJpeg, "not_an_image"],
    ["/odd/bomb.png", ok(pixelBombPng(), "image/png"), "too_many_pixels"],
    ["/odd/drip.jpg", slowDrip(), "timeout"],
    ["/odd/loop.jpg", redirect("/odd/loop.jpg"), "too_many_redirects"],
    ["/odd/inside.jpg", redirect("http://127.0.0.1:9/latest/meta-data"), "blocked_address"],
    ["/odd/again.jpg", ok(await draw("grizzly", 0)), "duplicate"],
  ];
  const grizzlies = lists.find((list) => list.class === "grizzly");
  for (const [path, behaviour, ...may] of faulty) {
    server.set(path, behaviour);
    grizzlies?.urls.push({ url: server.origin + path, may });
  }
  return { server, lists };
}
