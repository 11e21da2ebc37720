// `npm run chaos`: breaks Ursa in every way of the matrix and judges what was left. Ends with one line of counts, and with 1 where a promise
// was not kept; each failure prints the command that repeats it.
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { check } from "./check.ts";
import type { Fault } from "./fault.ts";
import { MATRIX } from "./matrix.ts";
import type { Violation } from "./violation.ts";
import { startWorld } from "./world.ts";

/** What a push is tried with: a few minutes. */
const SHORT = ["F1", "F2", "F4", "F5", "F6", "F11", "F14", "F17", "F21", "F22", "F25"];
const HELP = `Usage: npm run chaos -- [options]

Breaks Ursa in every way of the matrix in docs/reliability.md and judges what was left.

  --all             all faults; without it, and without --faults, those that CI tries: ${SHORT.join(", ")}
  --faults F1,F7    these
  --seed N          of the moments at which things break (default 1)
  --seeds K         so many seeds, from --seed on
  --minutes M       begins no further run after so long
  --list            what there is
  -h, --help`;

const { values } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    faults: { type: "string" },
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    minutes: { type: "string", default: "60" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

type Verdict = { fault: Fault; seed: number; seconds: number; violations: Violation[] };

if (values.help) console.log(HELP);
else if (values.list) for (const { id, title, promise } of MATRIX) console.log(`${id.padEnd(4)} ${title}: ${promise}`);
else process.exitCode = await runAll(chosen());

function chosen(): Fault[] {
  const names = values.faults?.split(",") ?? (values.all ? MATRIX.map(({ id }) => id) : SHORT);
  const unknown = names.filter((name) => !MATRIX.some(({ id }) => id === name));
  if (unknown.length > 0 && values.faults) {
    console.error(`There is no ${unknown.join(", ")}; --list says what there is.`);
    process.exit(2);
  }
  return MATRIX.filter(({ id }) => names.includes(id));
}

async function runAll(faults: readonly Fault[]): Promise<number> {
  const deadline = performance.now() + Number(values.minutes) * 60_000;
  const first = Number(values.seed);
  const verdicts: Verdict[] = [];
  for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
    for (const fault of faults) {
      if (performance.now() > deadline) break;
      verdicts.push(await runOne(fault, seed));
    }
  }
  return summarise(verdicts);
}

async function runOne(fault: Fault, seed: number): Promise<Verdict> {
  const started = performance.now();
  const folder = join(tmpdir(), "ursa-chaos");
  mkdirSync(folder, { recursive: true });
  const historyPath = join(folder, `${fault.id}-${seed}.jsonl`);
  rmSync(historyPath, { force: true });
  process.stdout.write(`${fault.id.padEnd(4)} ${fault.title} … `);
  const violations = await judge(fault, seed, historyPath);
  const seconds = (performance.now() - started) / 1000;
  console.log(`${violations.length === 0 ? "kept" : "NOT KEPT"} (${seconds.toFixed(0)} s)`);
  for (const { invariant, effect, what } of violations) console.log(`       ${invariant} ${effect}: ${what}`);
  if (violations.length > 0)
    console.log(`       again: npm run chaos -- --faults ${fault.id} --seed ${seed}   history: ${historyPath}`);
  return { fault, seed, seconds, violations };
}

async function judge(fault: Fault, seed: number, historyPath: string): Promise<Violation[]> {
  try {
    await using world = await startWorld({ ...fault.world, seed, historyPath });
    const failure = await fault.run(world).then(
      () => [],
      (error: unknown): Violation[] => [{ invariant: "run", effect: "broken", what: String(error) }],
    );
    return [...failure, ...check(world.history.entries)];
  } catch (error) {
    return [{ invariant: "run", effect: "broken", what: `the world could not be made: ${error}` }];
  }
}

function summarise(verdicts: readonly Verdict[]): number {
  const faults = new Set(verdicts.map(({ fault }) => fault.id));
  const failed = new Set(verdicts.flatMap(({ fault, violations }) => (violations.length > 0 ? [fault.id] : [])));
  const count = (effect: Violation["effect"]) =>
    verdicts.reduce((sum, { violations }) => sum + violations.filter((each) => each.effect === effect).length, 0);
  const broken = count("broken");
  console.log(
    `${faults.size - failed.size} of ${faults.size} faults, ${count("lost")} lost, ${count("duplicated")} duplicated${broken > 0 ? `, ${broken} promises broken` : ""}`,
  );
  return failed.size === 0 ? 0 : 1;
}
