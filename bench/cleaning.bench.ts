// `ursa bench cleaning --folder DIR [--seeds N]`: what cleaning is worth. Of every seed, 30 % of the labels are flipped; the recipe `quick` is
// trained with the right labels, with the flipped ones, and with the flipped ones after the first entries of "worth a look", as many
// as were flipped, were given their right label. Errors are on the right labels of the validation pictures. `--json` ends with one line.
import { parseArgs } from "node:util";
import { table } from "../cli/src/print.ts";
import { type CleaningRun, checksOfCleaning, judge, meanOfCleaning } from "./bounds.ts";
import { FLIPPED, openCleaning } from "./cleaning-runs.ts";
import { machine } from "./machine.ts";

const { values } = parseArgs({
  options: {
    folder: { type: "string" },
    seeds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
if (!values.folder) {
  console.error("Say which folder: ursa bench cleaning --folder DIR; it has one sub-folder of pictures per class.");
  process.exit(2);
}

await using cleaning = await openCleaning({ folder: values.folder, threads: 2 });
const runs: CleaningRun[] = [];
for (let seed = 1; seed <= Number(values.seeds); seed++) runs.push(await cleaning.clean(seed));

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
console.log(`${machine()}\n`);
const rows = runs.map(({ found, errorClean, errorFlipped, errorMended }, i) => [
  String(i + 1),
  ...[found, errorClean, errorFlipped, errorMended].map(percent),
]);
console.log(table(["seed", "found", "error, right labels", "flipped", "mended"], rows));
judge(checksOfCleaning(runs));
if (values.json) console.log(JSON.stringify({ flipped: FLIPPED, ...meanOfCleaning(runs), seeds: runs.length }));
