// Sends pictures over HTTP. Closed: so many at once, the next when one is answered. Open: so many a second whatever is answered, which is what
// a queue without end shows under; autocannon and its like send nothing more on a connection that waits.
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@ursa/testing/seeded-random";
import { answerOrders } from "./child-program.ts";
import { readPhotographs } from "./photographs.ts";

export type Order = { url: string; folder: string | undefined; seconds: number } & (
  | { atOnce: number }
  | { perSecond: number }
);
/** `atS`: when it was due, since the beginning; `ms`: from then to the answer's end. A status of 0: no answer. */
export type Answer = { status: number; hasRetryAfter: boolean; ms: number; atS: number };
export type Sent = {
  answers: Answer[];
  mostAtOnce: number;
  /** Until the last was answered. */
  seconds: number;
  /** Of this process, in seconds. */
  cpu: number;
};

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const pictures = new Map<string | undefined, Buffer[]>();

answerOrders(async (order: Order): Promise<Sent> => {
  const bodies = pictures.get(order.folder) ?? (await readPhotographs(order.folder));
  pictures.set(order.folder, bodies);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const answers: Answer[] = [];
  let [sent, waiting, mostAtOnce] = [0, 0, 0];
  const sendOne = async (dueMs: number) => {
    mostAtOnce = Math.max(mostAtOnce, ++waiting);
    const body = bodies[sent++ % bodies.length] ?? Buffer.alloc(0);
    const answer = await send(order.url, body);
    waiting--;
    answers.push({ ...answer, ms: performance.now() - dueMs, atS: (dueMs - began) / 1000 });
  };
  await ("atOnce" in order ? sendClosed(order, sendOne) : sendOpen(order, sendOne));
  const { user, system } = process.cpuUsage(cpu);
  return { answers, mostAtOnce, seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
});

type SendOne = (dueMs: number) => Promise<void>;

async function sendClosed({ atOnce, seconds }: { atOnce: number; seconds: number }, sendOne: SendOne): Promise<void> {
  const ends = performance.now() + 1000 * seconds;
  const line = async () => {
    while (performance.now() < ends) await sendOne(performance.now());
  };
  await Promise.all(Array.from({ length: atOnce }, line));
}

/** At moments as independent callers choose them: the pauses are exponential. */
async function sendOpen({ perSecond, seconds }: { perSecond: number; seconds: number }, sendOne: SendOne) {
  const random = seededRandom("load");
  const under: Promise<void>[] = [];
  const began = performance.now();
  for (let dueMs = began; dueMs < began + 1000 * seconds; ) {
    const early = dueMs - performance.now();
    if (early > 0) await delay(early);
    under.push(sendOne(dueMs));
    dueMs -= (1000 / perSecond) * Math.log(1 - random.between(0, 1));
  }
  await Promise.all(under);
}

function send(url: string, body: Buffer): Promise<Pick<Answer, "status" | "hasRetryAfter">> {
  const headers = { "content-type": "application/octet-stream", "content-length": body.length };
  return new Promise((resolve) => {
    const asked = request(url, { method: "POST", agent, headers }, (response) => {
      const hasRetryAfter = response.headers["retry-after"] !== undefined;
      response.resume().once("end", () => resolve({ status: response.statusCode ?? 0, hasRetryAfter }));
    });
    asked.on("error", () => resolve({ status: 0, hasRetryAfter: false }));
    asked.end(body);
  });
}
