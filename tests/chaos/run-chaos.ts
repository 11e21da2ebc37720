// `npm run chaos`: breaks Ursa in every way of the matrix and judges what was left. Ends with one line of counts, and with 1 where a promise
// was not kept; each failure prints the command that repeats it.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Fault } from "./fault.ts";
import { MATRIX } from "./matrix.ts";
import { mixed } from "./mixed.ts";
import { closingLine, reportOf } from "./report.ts";
import { runFault, type Verdict } from "./run-fault.ts";
import { SHORT } from "./short.ts";
import { STORE_KINDS, type StoreKind } from "./world-store.ts";

const HELP = `Usage: npm run chaos -- [options]

Breaks Ursa in every way of the matrix in docs/reliability.md and judges what was left.

  --all             all faults; without it, --mixed and --faults, those that CI tries: ${SHORT.join(", ")}
  --faults F1,F7    these
  --mixed           several at once, drawn from the seed
  --seed N          of the moments at which things break (default 1)
  --seeds K         so many seeds, from --seed on
  --minutes M       begins no further run after so long
  --store KIND      what faults that need no certain one store in: ${STORE_KINDS.join(", ")} (default folder)
  --report FILE     writes a table of what was kept (Markdown)
  --list            what there is
  -h, --help`;

const { values } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    faults: { type: "string" },
    mixed: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    minutes: { type: "string", default: "60" },
    store: { type: "string", default: "folder" },
    report: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.list) for (const { id, title, promise } of MATRIX) console.log(`${id.padEnd(4)} ${title}: ${promise}`);
else process.exitCode = await runAll(chosen());

function chosen(): readonly Fault[] {
  if (values.mixed) return [mixed];
  if (values.all) return MATRIX;
  const names = values.faults?.split(",") ?? SHORT;
  const unknown = names.filter((name) => !MATRIX.some(({ id }) => id === name));
  if (unknown.length === 0) return MATRIX.filter(({ id }) => names.includes(id));
  console.error(`There is no ${unknown.join(", ")}; --list says what there is.`);
  process.exit(2);
}

function chosenStore(): StoreKind {
  const kind = STORE_KINDS.find((one) => one === values.store);
  if (kind) return kind;
  console.error(`There is no store ${values.store}; choose one of ${STORE_KINDS.join(", ")}.`);
  process.exit(2);
}

async function runAll(faults: readonly Fault[]): Promise<number> {
  const deadline = performance.now() + Number(values.minutes) * 60_000;
  const first = Number(values.seed);
  const store = chosenStore();
  const verdicts: Verdict[] = [];
  for (let seed = first; seed < first + Number(values.seeds); seed += 1) {
    for (const fault of faults) {
      if (performance.now() > deadline) break;
      process.stdout.write(`${fault.id.padEnd(5)} seed ${seed}  ${fault.title} … `);
      const verdict = await runFault(fault, seed, store);
      verdicts.push(verdict);
      tell(verdict);
    }
  }
  if (values.report) writeFileSync(values.report, reportOf(verdicts));
  console.log(closingLine(verdicts));
  return verdicts.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

function tell({ fault, seed, seconds, historyPath, violations }: Verdict): void {
  console.log(`${violations.length === 0 ? "kept" : "NOT KEPT"} (${seconds.toFixed(0)} s)`);
  for (const { invariant, effect, what } of violations) console.log(`      ${invariant} ${effect}: ${what}`);
  if (violations.length === 0) return;
  const what = fault === mixed ? "--mixed" : `--faults ${fault.id}`;
  const which = values.store === "folder" ? what : `${what} --store ${values.store}`;
  console.log(`      again: npm run chaos -- ${which} --seed ${seed}   history: ${historyPath}`);
}
