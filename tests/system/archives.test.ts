// A zip on its way through all of Ursa: pictures in folders become a model, and another zip is answered by it. On a real S3 where MinIO is
// installed, else on a folder.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { type PackedFile, zipOf } from "@ursa/testing/archives";
import { startMinio } from "@ursa/testing/minio-server";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { startWorld } from "./world.ts";

const drawn = (side: string, seeds: readonly number[]): Promise<PackedFile[]> =>
  Promise.all(
    BEAR_KINDS.flatMap((kind) =>
      seeds.map(async (seed) => ({ name: `${side}/${kind}/${seed}.png`, bytes: await drawBear(kind, seed) })),
    ),
  );

test("a zip of folders trains a model, and a zip of pictures is answered file by file", async () => {
  await using folder = await createScratchFolder();
  await using minio = await startMinio();
  if (!minio) reportAbsentPart("MinIO was not found, so archives were tried on a folder only.");
  const [bears, more] = [join(folder.path, "bears.zip"), join(folder.path, "more.zip")];
  await writeFile(bears, zipOf([...(await drawn("train", range(0, 20))), ...(await drawn("test", range(20, 24)))]));
  const torn = { name: "torn.jpg", bytes: Buffer.from("no picture") };
  await writeFile(more, zipOf([...(await drawn("new", range(30, 33))), torn]));
  const env = minio && {
    URSA_STORE_URL: minio.storeUrl(),
    URSA_STORE_ACCESS_KEY: minio.credentials.accessKey,
    URSA_STORE_SECRET_KEY: minio.credentials.secretKey,
  };
  await using world = await startWorld(env ? { env } : {});
  const run = async (...words: string[]) => {
    const { code, out, err } = await runCli(["--url", world.ursa.apiUrl, ...words, "--json"]);
    expect(code, err).toBe(0);
    return JSON.parse(out);
  };

  const dataset = await run("dataset", "create", bears);
  const sides = { train: 16, valid: 4, test: 4 };
  expect(dataset).toMatchObject({ state: "ready", counts: { outcomes: { ok: 72 }, classes: [sides, sides, sides] } });
  const model = await run("train", dataset.id, "--recipe", "quick");
  const prediction = await run("predict", more, "--model", model.id);
  expect(prediction).toMatchObject({ state: "ready", inputs: 10, counts: { outcomes: { ok: 9, not_an_image: 1 } } });
  const params = { id: String(prediction.id) };
  const answer = await world.session.client.call("getResults", { params, query: { format: "jsonl" } });
  const lines = (await answer.text()).trim().split("\n");
  const rows: { input: string; outcome: string; predictions?: [string, number][] }[] = lines.map((l) => JSON.parse(l));
  expect(rows).toHaveLength(10);
  const answered = rows.filter(({ outcome }) => outcome === "ok");
  const right = answered.filter(({ input, predictions }) => input.includes(`/${predictions?.[0]?.[0]}/`));
  expect(right.length).toBeGreaterThanOrEqual(7);
});

const range = (from: number, end: number): number[] => Array.from({ length: end - from }, (_, n) => from + n);
