// `ursa weights` as it is typed, with a folder of its own.
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

function ursaIn(folder: string) {
  const env = { ...process.env, URSA_WEIGHTS_DIR: folder };
  return (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "weights", ...words], {
      encoding: "utf8",
      env,
    });
    return { status, stdout, stderr };
  };
}

test("the list says what ships, what is absent, and how to add it", async () => {
  await using folder = await createScratchFolder();
  const ursa = ursaIn(folder.path);
  const { status, stdout } = ursa("list");
  expect(status).toBe(0);
  expect(stdout).toMatch(/efficientnet_lite0 +ships +7\.0 +7c951911d771 +Apache-2\.0/);
  expect(stdout).toMatch(/resnet34 +absent +BSD-3-Clause +torchvision/);
  expect(stdout).toContain(`Added weights lie in ${folder.path}.`);
  expect(JSON.parse(ursa("list", "--json").stdout)).toHaveLength(4);
});

test("a file that does not fit is a sentence; a name that is none is wrong usage", async () => {
  await using folder = await createScratchFolder();
  const ursa = ursaIn(folder.path);
  const file = join(folder.path, "resnet34-b627a593.pth");
  await writeFile(file, "PK\u0003\u0004");
  expect(ursa("add", "resnet34", file)).toMatchObject({
    status: 1,
    stderr: `${file} is a PyTorch file, expected safetensors: tools/convert-torchvision.py makes a file of the body alone.\n`,
  });
  expect(ursa("add", "resnet101", file)).toMatchObject({
    status: 2,
    stderr: "There is no backbone resnet101; there are: efficientnet_lite0, resnet18, resnet34, resnet50.\n",
  });
});
