// What cleaning wins back: with 30 % of the labels wrong a model is worse, and giving the first entries of "worth a look" their right
// label makes it good again. The recipe is `quick` where there is room for one view of each picture, which all of its epochs see: the body
// is run a quarter as often as in `ursa bench cleaning`.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { expect, test } from "vitest";
import { checksOfCleaning, missesOf } from "../../bench/bounds.ts";
import { openCleaning } from "../../bench/cleaning-runs.ts";

const BEARS = fileURLToPath(new URL("../../../shared/data/bears", import.meta.url));
const hasBears = existsSync(BEARS);
if (!hasBears)
  reportAbsentPart("The real photographs of bears were not found, so what cleaning wins back was not measured.");

test.skipIf(!hasBears)(
  "of what wrong labels cost, mending those that are listed first wins back four fifths",
  async () => {
    await using cleaning = await openCleaning({ folder: BEARS, threads: 2, maxActivationBytes: 0 });
    const runs = [await cleaning.clean(1), await cleaning.clean(2)];
    console.log(runs.map((run) => JSON.stringify(run)).join("\n"));
    expect(missesOf(checksOfCleaning(runs))).toEqual([]);
  },
);
