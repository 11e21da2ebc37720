// Wrong labels among real photographs, five seeds of each kind: how many of them an inspection has at the head of its list. The pictures are looked
// at once; every inspection is of their features.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { expect, test } from "vitest";
import { flipCases, measureFlips } from "../../bench/found-labels.ts";
import { lookAt, readFolder } from "../../bench/suspects-pictures.ts";

const BEARS = fileURLToPath(new URL("../../../shared/data/bears", import.meta.url));
const hasBears = existsSync(BEARS);
if (!hasBears)
  reportAbsentPart("The real photographs of bears were not found, so wrong labels were not looked for among them.");

const THREADS = 2;
const SEEDS = 5;

test.skipIf(!hasBears)(
  "enough of the flipped labels are at the head of the list, and one direction is named",
  async () => {
    const { classes, pictures } = await readFolder(BEARS);
    const { signal } = new AbortController();
    const subject = { ...(await lookAt(pictures, THREADS)), classes, threads: THREADS, signal };
    for (const [name, each] of Object.entries(flipCases(subject))) {
      const { recall, runs } = await measureFlips(subject, each, SEEDS);
      expect(recall, name).toBeGreaterThanOrEqual(each.target);
      // Where labels were flipped any way there is no pair of classes to name.
      expect(
        runs.filter(({ named }) => named === false),
        name,
      ).toEqual([]);
    }
  },
);
