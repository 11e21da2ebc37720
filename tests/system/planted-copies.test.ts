// Copies of training pictures among the validation pictures flatter a score. They are planted here as they come about: in a zip with
// train/ and valid/ folders, saved again, made smaller, cut a little at the edges.
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Variation, varyPicture } from "@ursa/imaging/vary-picture";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { type PackedFile, zipOf } from "@ursa/testing/archives";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { startWorld } from "./world.ts";

const BEARS = fileURLToPath(new URL("../../../shared/data/bears", import.meta.url));
const hasBears = existsSync(BEARS);
if (!hasBears)
  reportAbsentPart("The real photographs of bears were not found, so copies across the split were not looked for.");

const VARIATIONS: Record<string, Variation> = {
  "re-encoded": { quality: 60 },
  resized: { scale: 0.5 },
  cropped: { crop: 0.05 },
};
const COPIES = 30;

test.skipIf(!hasBears)(
  "of thirty copies across the split nine tenths are found, and nothing else is taken for one",
  async () => {
    await using folder = await createScratchFolder();
    const zip = join(folder.path, "bears.zip");
    await writeFile(zip, zipOf(await withCopies()));
    await using world = await startWorld();
    const run = async (...words: string[]) => {
      const { code, out, err } = await runCli(["--url", world.ursa.apiUrl, ...words]);
      expect(code, err).toBe(0);
      return JSON.parse(out);
    };
    const dataset = await run("dataset", "create", zip, "--json");
    const { items } = await world.session.client.call("listItems", {
      params: { id: dataset.id },
      query: { limit: 1000 },
    });
    const nameOf = new Map(items.map(({ key, url }) => [key, url]));
    const found = await run("clean", dataset.id, "--json");

    const pairs: { a: string; b: string }[] = found.nearDuplicates;
    const named = pairs.map(({ a, b }) => [nameOf.get(a) ?? "", nameOf.get(b) ?? ""] as const);
    const copies = named.filter(([a, b]) => isCopy(a) !== isCopy(b) && originOf(a) === originOf(b));
    expect(copies.length).toBeGreaterThanOrEqual(0.9 * COPIES);
    // Each is named as a leak, by its reason and not only as a pair.
    const leaks = new Set(found.worthALook.flatMap(({ key, reasons }: Listed) => (reasons.some(isLeak) ? [key] : [])));
    const leaked = pairs.filter((_, i) => copies.includes(named[i] as (typeof named)[number]));
    expect(leaked.every(({ a, b }) => leaks.has(a) || leaks.has(b))).toBe(true);
    // Some photographs are much alike by themselves, four pairs of them: a copy of one is then like the other too.
    const natural = new Set(named.filter(([a, b]) => !isCopy(a) && !isCopy(b)).map(pairName));
    expect(natural.size).toBeLessThanOrEqual(6);
    const strangers = named.filter((pair) => pair.some(isCopy) && originOf(pair[0]) !== originOf(pair[1]));
    expect(strangers.filter((pair) => !natural.has(pairName(pair)))).toEqual([]);
  },
);

type Listed = { key: string; reasons: { suspicion: string }[] };
const isLeak = ({ suspicion }: { suspicion: string }) => suspicion === "leak";
const isCopy = (url: string) => url.includes("/copy-");
const originOf = (url: string) =>
  basename(url)
    .replace(/^copy-/, "")
    .replace(/\.\w+$/, "");
const pairName = (pair: readonly string[]) => pair.map(originOf).sort().join(" ");

/** A fifth of the photographs in valid/, the rest in train/; and in valid/ copies of thirty of those in train/, of each kind as many. */
async function withCopies(): Promise<PackedFile[]> {
  const files: PackedFile[] = [];
  for (const name of await readdir(BEARS)) {
    for (const [i, file] of (await readdir(join(BEARS, name))).sort().entries())
      files.push({
        name: `bears/${i % 5 === 0 ? "valid" : "train"}/${name}/${name}-${file}`,
        bytes: await readFile(join(BEARS, name, file)),
      });
  }
  const trained = files.filter(({ name }) => name.startsWith("bears/train/"));
  const kinds = Object.values(VARIATIONS);
  for (let n = 0; n < COPIES; n++) {
    const { name, bytes = new Uint8Array() } = trained[n * 7] as PackedFile; // 30 x 7 of some 225.
    const copy = name
      .replace("/train/", "/valid/")
      .replace(/[^/]*$/, (file) => `copy-${file.replace(/\.\w+$/, ".jpg")}`);
    files.push({ name: copy, bytes: await varyPicture(bytes, kinds[n % kinds.length] as Variation) });
  }
  return files;
}
