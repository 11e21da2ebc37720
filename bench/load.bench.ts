// `ursa bench load [--part NAME]… [--minutes N] [--folder FOLDER] [--json]`: what holds when much is asked for, part by part, each beside what
// it could be at best. It fails where a bound is missed. Without --part, all parts, one after another: some fifty minutes.
import { parseArgs } from "node:util";
import { table } from "../cli/src/print.ts";
import { bare } from "./load/bare.ts";
import { classify } from "./load/classify.ts";
import { dead } from "./load/dead.ts";
import { enqueue } from "./load/enqueue.ts";
import { type Bound, isMet, type Part, say } from "./load/part.ts";
import { soak } from "./load/soak.ts";
import { sse } from "./load/sse.ts";
import { machine } from "./machine.ts";

const PARTS: Record<string, Part> = { bare, classify, enqueue, dead, sse, soak };

const { values } = parseArgs({
  options: {
    part: { type: "string", multiple: true, default: Object.keys(PARTS) },
    minutes: { type: "string" },
    folder: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
const chosen = values.part.map((name) => ({ name, run: PARTS[name] }));
if (chosen.some(({ run }) => !run) || !(minutes === undefined || minutes > 0)) {
  console.error(
    `Usage: ursa bench load [--part ${Object.keys(PARTS).join("|")}]… [--minutes N] [--folder FOLDER] [--json]`,
  );
  process.exit(2);
}

console.log(machine());
const missed: string[] = [];
const reports: Record<string, Bound[]> = {};
for (const { name, run } of chosen) {
  say(`\n${name} …`);
  const report = await run?.({ minutes, folder: values.folder });
  if (!report) continue;
  const { lines, bounds } = report;
  reports[name] = bounds;
  missed.push(...bounds.filter((bound) => !isMet(bound)).map(({ what }) => `${name}: ${what}`));
  console.log(`\n${name}: ${lines.join("\n")}\n`);
  console.log(table(["", "measured", "wanted", ""], bounds.map(rowOf)));
}
if (missed.length > 0) console.log(`\nmissed: ${missed.join("; ")}`);
if (values.json) console.log(JSON.stringify({ ok: missed.length === 0, machine: machine(), parts: reports }));
process.exitCode = missed.length === 0 ? 0 : 1;

function rowOf(bound: Bound): string[] {
  const { what, value, unit, most, least } = bound;
  const wanted = most === undefined ? (least === undefined ? "" : `${least} or more`) : `${most} or less`;
  const verdict = wanted === "" ? "" : isMet(bound) ? "holds" : "MISSED";
  return [what, `${rounded(value)} ${unit}`.trimEnd(), wanted, verdict];
}

function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
