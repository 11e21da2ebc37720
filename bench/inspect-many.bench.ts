// `ursa bench inspect-many`: how long the pictures of a dataset of 10,000 take to judge, from features that are there already, on two
// threads: each beside every other, labels out of fold, off-topic pictures, and the one list. `--json` ends with one line of JSON.
import { inspectPictures } from "@ursa/classifier/inspect/inspect-pictures";
import { judge } from "./bounds.ts";
import { machine } from "./machine.ts";
import { drawFeatures, drawPictures, MANY } from "./ten-thousand.ts";

const [SEED, THREADS, MOST_SECONDS, LEAST_FOUND] = [1, 2, 60, 0.9];
const { features, labels, wrong } = drawFeatures(SEED);
const pictures = drawPictures(labels, SEED);
const classes = Array.from({ length: MANY.classes }, (_, label) => `class ${label}`);
const signal = new AbortController().signal;
const [began, cpu] = [performance.now(), process.cpuUsage()];
const ended = new Map<string, number>();
const { worthALook } = await inspectPictures({
  ...{ pictures, features, classes, threads: THREADS, signal },
  onProgress: ({ stage = "" }) => void ended.set(stage, (performance.now() - began) / 1000),
});
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpu);
const cpuSeconds = (user + system) / 1e6;
const found = worthALook.slice(0, wrong.size).filter(({ index }) => wrong.has(index)).length / wrong.size;
const neighbours = ended.get("neighbours") ?? Number.NaN;
console.log(`${machine()}\n`);
console.log(
  `${MANY.count} pictures of ${MANY.width} features and ${MANY.classes} classes: judged in ${seconds.toFixed(1)} s,`,
);
console.log(`the first ${neighbours.toFixed(1)} s of them each beside every other; ${cpuSeconds.toFixed(1)} s of CPU;`);
console.log(`${(100 * found).toFixed(1)} % of ${wrong.size} wrong labels lead the list`);
judge([
  { what: "judged in", value: seconds, unit: "s", atMost: MOST_SECONDS },
  { what: "wrong labels that lead the list", value: found, atLeast: LEAST_FOUND },
]);
if (process.argv.includes("--json"))
  console.log(JSON.stringify({ ok: !process.exitCode, seconds, neighbours, cpuSeconds, found }));
