// More pictures than can be answered: at half and at one and a half times the capacity, as many a second whatever is answered.
import { startBenchWorld } from "../bench-world.ts";
import { p50, quantile } from "../quantiles.ts";
import { type ChildProgram, startChild } from "./child-program.ts";
import type { Answer, Order, Sent } from "./http-client.ts";
import { type Bound, bound, type PartOptions, type PartReport, say } from "./part.ts";
import { type Watch, watchUrsa } from "./watch-ursa.ts";

const MINUTES = 5;
const CAPACITY = { warmUpS: 5, seconds: 30, atOnce: 16 };
const SHARES = [0.5, 1.5];
/**
 * 256 pictures wait in an inferer at most, which is five seconds of a capacity of fifty; what comes beyond is told to come back, which costs
 * something too. Nothing may grow while it lasts: not the wait from the first third to the last, nor memory by more than a tenth once
 * everything was touched.
 */
const UNDER = { p99Ms: 1000, refusedPercent: 1 };
const OVER = { p99Ms: 10_000, answered: 0.7 };
const MOST_GROWTH = { wait: 1.5, memory: 1.1 };

type Parts = { watch: Watch; client: ChildProgram<Order, Sent>; order: Pick<Order, "url" | "folder"> };
type Load = { share: number; capacity: number; seconds: number };

export async function classify({ minutes = MINUTES, folder }: PartOptions): Promise<PartReport> {
  // Which pictures its model was trained on plays no part.
  await using world = await startBenchWorld();
  await using watch = watchUrsa(world.ursa);
  await using client = startChild<Order, Sent>("http-client.ts");
  const order = { url: `${world.ursa.apiUrl}/v1/classify?model=${world.alias}`, folder };
  await client.ask({ ...order, atOnce: CAPACITY.atOnce, seconds: CAPACITY.warmUpS });
  const { answers, seconds } = await client.ask({ ...order, atOnce: CAPACITY.atOnce, seconds: CAPACITY.seconds });
  const capacity = answers.filter(({ status }) => status === 200).length / seconds;
  const bounds = [bound("capacity, the client beside it", [capacity, "/s"])];
  for (const share of SHARES) {
    say(`${share} of ${capacity.toFixed(1)} a second, ${minutes} minutes`);
    bounds.push(...(await measureShare({ watch, client, order }, { share, capacity, seconds: 60 * minutes })));
  }
  return {
    lines: [
      `${minutes} minutes at each share of the capacity, which ${CAPACITY.atOnce} callers found in ${CAPACITY.seconds} s`,
    ],
    bounds,
  };
}

async function measureShare({ watch, client, order }: Parts, load: Load): Promise<Bound[]> {
  const from = watch.now();
  const sent = await client.ask({ ...order, perSecond: load.share * load.capacity, seconds: load.seconds });
  const memory = ["api", "inferer"].flatMap((name) => growthOf(watch, { name, from, seconds: load.seconds }));
  return [...judge(sent, load), ...memory].map((one) => ({ ...one, what: `${load.share} x: ${one.what}` }));
}

function judge({ answers, mostAtOnce, seconds }: Sent, { share, capacity }: Load): Bound[] {
  const isOver = share > 1;
  const answered = answers.filter(({ status }) => status === 200).toSorted((a, b) => a.atS - b.atS);
  const refused = answers.filter(({ status }) => status === 503);
  const odd = answers.filter(({ status, hasRetryAfter }) => status !== 200 && !(status === 503 && hasRetryAfter));
  const third = Math.floor(answered.length / 3);
  const growth = p99(answered.slice(-third)) / p99(answered.slice(0, third));
  return [
    bound("answered", [answered.length / seconds, "/s"]),
    bound("answered / capacity", [answered.length / seconds / capacity], isOver ? { least: OVER.answered } : {}),
    bound(
      "503 with Retry-After",
      [(100 * refused.length) / answers.length, "%"],
      isOver ? {} : { most: UNDER.refusedPercent },
    ),
    bound("other answers, or none", [odd.length], { most: 0 }),
    bound("p50", [p50(answered.map(({ ms }) => ms)), "ms"]),
    bound("p99", [p99(answered), "ms"], { most: isOver ? OVER.p99Ms : UNDER.p99Ms }),
    bound("p99 of the last third / of the first", [growth], isOver ? { most: MOST_GROWTH.wait } : {}),
    bound("p99 of a refusal", [refused.length > 0 ? p99(refused) : 0, "ms"]),
    bound("requests under way at most", [mostAtOnce]),
  ];
}

const p99 = (answers: readonly Answer[]): number =>
  quantile(
    answers.map(({ ms }) => ms),
    0.99,
  );

type Process = { name: string; from: number; seconds: number };

function growthOf(watch: Watch, { name, from, seconds }: Process): Bound[] {
  const fifth = seconds / 5;
  const start = watch.rssMb(name, { from: from + fifth, to: from + 2 * fifth });
  const end = watch.rssMb(name, { from: from + 4 * fifth, to: from + seconds });
  return [
    bound(`memory of the ${name}, second fifth`, [start, "MB"]),
    bound(`memory of the ${name}, last fifth / second`, [end / start], { most: MOST_GROWTH.memory }),
  ];
}
