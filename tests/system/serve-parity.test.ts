// One model served two ways: from the store by an inferer, and from its exported files by `ursa serve`'s service. The answers are the same.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PictureAnswer } from "@ursa/classifier/classify-picture";
import { createWorld } from "@ursa/inferer/inferer-world.fixture";
import { startServe } from "@ursa/serve/serve-process.fixture";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const PICTURES = 6;

test("an exported model answers as the inferer does, to the last bit, with and without test-time augmentation", async () => {
  await using world = await createWorld({ URSA_DECODERS: "1" });
  await using scratch = await createScratchFolder();
  const model = await world.storeModel();
  for (const { name, key } of model.artifacts)
    await writeFile(join(scratch.path, name), (await world.store.get(key)).body);
  await using serve = startServe(scratch.path);
  const [served, inferer] = [await serve.url(), await world.startInferer("classify").url()];
  const ask = async (url: string, picture: Uint8Array) => {
    const response = await fetch(url, { method: "POST", body: Uint8Array.from(picture) });
    // Both answer with these; what came in their place would not be equal to the other's.
    const { predictions, class: best, index } = (await response.json()) as PictureAnswer;
    return { status: response.status, predictions, best, index };
  };
  for (let seed = 0; seed < PICTURES; seed++) {
    const picture = await world.bear(seed);
    const tta = seed % 2 === 1;
    const query = new URLSearchParams({ namespace: "default", model: model.id, ...(tta ? { tta: "true" } : {}) });
    const fromFiles = await ask(`${served}/v1/classify?tta=${tta}`, picture);
    expect(fromFiles).toMatchObject({ status: 200, best: expect.any(String) });
    expect(fromFiles).toEqual(await ask(`${inferer}/classify?${query}`, picture));
  }
});
