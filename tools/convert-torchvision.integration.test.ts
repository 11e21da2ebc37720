// The converter on a made-up .pth, where python3 has torch and safetensors; elsewhere the output says that it was not tried.
import { spawnSync } from "node:child_process";
import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "@ursa/tensor/safetensors";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("./convert-torchvision.py", import.meta.url));
const MAKE = `
import hashlib, os, torch
state = {"conv1.weight": torch.ones(2, 3, 1, 1).half(), "fc.bias": torch.zeros(4),
         "bn1.weight": torch.arange(2.0), "bn1.num_batches_tracked": torch.tensor(7)}
torch.save(state, "made.pth")
digest = hashlib.sha256(open("made.pth", "rb").read()).hexdigest()
os.rename("made.pth", f"made-{digest[:8]}.pth")
`;

const python = (words: string[], cwd: string) => spawnSync("python3", words, { cwd, encoding: "utf8" });
const isThere = python(["-c", "import torch, safetensors.torch"], ".").status === 0;
if (!isThere) reportAbsentPart("python3 has no torch and safetensors, so tools/convert-torchvision.py was not tried.");

test.skipIf(!isThere)("the body is left, in fp32, and a name that promises another sha256 is refused", async () => {
  await using folder = await createScratchFolder();
  expect(python(["-c", MAKE], folder.path)).toMatchObject({ status: 0 });
  const [made = ""] = await readdir(folder.path);
  const { status, stdout } = python([SCRIPT, made, "made.safetensors"], folder.path);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "made.safetensors: 2 tensors, 8 numbers\n" });
  const { tensors } = readSafetensors(await readFile(join(folder.path, "made.safetensors")));
  expect([...tensors.keys()].sort()).toEqual(["bn1.weight", "conv1.weight"]);
  expect(tensors.get("bn1.weight")).toEqual({ shape: [2], data: Float32Array.of(0, 1) });
  await copyFile(join(folder.path, made), join(folder.path, "made-00000000.pth"));
  const refused = python([SCRIPT, "made-00000000.pth", "other.safetensors"], folder.path);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("but its name says 00000000");
});
