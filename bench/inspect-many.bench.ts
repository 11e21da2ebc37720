// `ursa bench inspect-many`: how long the labels of 10,000 pictures take to judge, from features that are there already, on two threads.
// `--json` ends with one line of JSON.
import { confidentJoint, findLabelSuspects } from "@ursa/classifier/inspect/confident-learning";
import { findDirectionalNoise } from "@ursa/classifier/inspect/directional-noise";
import { standardise } from "@ursa/classifier/inspect/feature-rows";
import { assignFolds } from "@ursa/classifier/inspect/folds";
import { outOfFold } from "@ursa/classifier/inspect/out-of-fold";
import { machine } from "./machine.ts";
import { drawFeatures, MANY } from "./ten-thousand.ts";

const [SEED, FOLDS, THREADS, MOST_SECONDS] = [1, 5, 2, 60];
const { features, labels, wrong } = drawFeatures(SEED);
const { classes } = MANY;
const [began, cpu] = [performance.now(), process.cpuUsage()];
const foldOf = assignFolds({ labels, groups: labels.map((_, i) => i) }, { folds: FOLDS, seed: SEED });
const signal = new AbortController().signal;
const scaled = standardise(features);
const probabilities = await outOfFold({
  ...{ features: scaled, labels, classes, foldOf, folds: FOLDS, threads: THREADS, signal },
});
const given = { labels, probabilities, classes };
const suspects = findLabelSuspects(given);
findDirectionalNoise(confidentJoint(given));
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpu);
const cpuSeconds = (user + system) / 1e6;
const found = suspects.slice(0, wrong.size).filter(({ index }) => wrong.has(index)).length / wrong.size;
const ok = seconds <= MOST_SECONDS;
console.log(`${machine()}\n`);
console.log(
  `${MANY.count} pictures of ${MANY.width} features and ${classes} classes: labels judged in ${seconds.toFixed(1)} s (${MOST_SECONDS} wanted), ${cpuSeconds.toFixed(1)} s of CPU; ${(100 * found).toFixed(1)} % of ${wrong.size} wrong labels lead the list`,
);
if (process.argv.includes("--json")) console.log(JSON.stringify({ ok, seconds, cpuSeconds, found }));
process.exitCode = ok ? 0 : 1;
