// `ursa bench diagnosis [FOLDER]`: runs of stage 1 that go wrong on purpose or whose pictures are at fault, five seeds each, and ten healthy
// ones, and whether each is diagnosed as what it is. Every seed has a split of its own. On drawn bears without a folder.
// `--kind NAME` runs this kind alone, any number of them; `--work DIR` keeps the activations there for another time, `--json` ends with one
// line of JSON.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { percent, table } from "../cli/src/print.ts";
import { activationsOf, type DiagnosedRun, diagnoseRun, KINDS, type Kind } from "./diagnosed-runs.ts";
import { readPictures } from "./labelled-pictures.ts";
import { machine } from "./machine.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    ...{ json: { type: "boolean", default: false }, work: { type: "string" } },
    kind: { type: "string", multiple: true, default: KINDS.map(({ name }) => name) },
  },
});
const kinds = KINDS.filter(({ name }) => values.kind.includes(name));
if (kinds.length < values.kind.length) {
  console.error(
    `Usage: ursa bench diagnosis [FOLDER] [--kind NAME]; kinds are ${KINDS.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}
const started = performance.now();
await using cleanUp = new AsyncDisposableStack();
const workDir = values.work ?? (await mkdtemp(join(tmpdir(), "ursa-bench-")));
if (!values.work) cleanUp.defer(() => rm(workDir, { recursive: true, force: true }));
const decoders = startDecoderPool();
cleanUp.use(decoders);
const pictures = await readPictures(positionals[0], decoders);
const place = { workDir, threads: Math.min(2, availableParallelism()), signal: new AbortController().signal };
const activations = await activationsOf(pictures, place, cleanUp);
const runs: DiagnosedRun[] = [];
for (const kind of kinds) {
  for (let seed = 1; seed <= kind.seeds; seed++) {
    runs.push(await diagnoseRun({ pictures, activations }, { kind, seed }, place));
    console.error(rowOf(runs.at(-1)).join("  "));
  }
}
const seconds = (performance.now() - started) / 1000;
console.log(`${machine()}\n${runs.length} runs in ${seconds.toFixed(0)} s\n`);
console.log(
  table(["run", "seed", "epochs", "best error", "last error", "valid loss", "diagnosed as", ""], runs.map(rowOf)),
);
const counted = Object.fromEntries(kinds.map((kind) => [kind.name, rightOf(kind)]));
console.log(`\n${kinds.map((kind) => `${kind.name}: ${rightOf(kind)} of ${kind.seeds}`).join(", ")}`);
if (values.json)
  console.log(
    JSON.stringify({ right: counted, runs: runs.map(({ epochs: _, ...run }) => run), seconds: Math.round(seconds) }),
  );
process.exitCode = runs.every(({ isRight }) => isRight) ? 0 : 1;

function rightOf({ name }: Kind): number {
  return runs.filter(({ kind, isRight }) => kind === name && isRight).length;
}

function rowOf(run: DiagnosedRun | undefined): string[] {
  if (!run) return [];
  const { kind, seed, errors, epochs, found, isRight } = run;
  const loss = epochs.at(-1)?.validLoss;
  return [
    ...[kind, String(seed), String(errors.length), percent(Math.min(...errors)), percent(errors.at(-1) ?? 1)],
    ...[loss?.toPrecision(3) ?? "no number", found.join(", ") || "healthy", isRight ? "" : "WRONG"],
  ];
}
