// What this machine must have: space for data and scratch files, and an engine that computes what it should.
import { existsSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import type { Finding } from "@ursa/contracts/operations";
import { trainOn } from "@ursa/engine/check-engine";
import { createTinyNet } from "@ursa/engine/tiny-net";
import { spaceAt } from "@ursa/store/free-space";
import { openCompiledStep } from "@ursa/tensor/compiled-step";
import { DEFAULT_HOME } from "../../default-home.ts";

/** A dataset of some thousand pictures, its activations and a model. */
const NEEDED_BYTES = 2 * 2 ** 30;
const STEPS = 10;

/** Never throws: what cannot be tried is a finding too. */
export async function checkMachine(home: string | undefined): Promise<Finding[]> {
  const folder = resolve(home ?? DEFAULT_HOME);
  return [
    await checkSpace("space for data", folder, "Make space, or choose another folder with --home."),
    await checkSpace("space for scratch", tmpdir(), "Make space, or set URSA_WORK_DIR of the trainers."),
    await checkEngine(),
  ];
}

async function checkSpace(check: string, folder: string, remedy: string): Promise<Finding> {
  const { freeBytes } = await spaceAt(existingPart(folder));
  const found = `${(freeBytes / 2 ** 30).toFixed(1)} GB free for ${folder}.`;
  return freeBytes > NEEDED_BYTES ? { check, state: "ok", found } : { check, state: "warning", found, remedy };
}

/** A home that nothing was put into yet does not exist. */
const existingPart = (folder: string): string => (existsSync(folder) ? folder : existingPart(dirname(folder)));

/** Trains a tiny network on pictures that it must come to know. */
async function checkEngine(): Promise<Finding> {
  const check = "engine";
  const remedy =
    "Run `npm ci` again; if that does not mend it, this processor is one that ONNX Runtime does not run on.";
  try {
    const { losses } = await trainOn(openCompiledStep, createTinyNet(), {
      steps: STEPS,
      threads: availableParallelism(),
    });
    const [first = Number.NaN, last = Number.NaN] = [losses.at(0), losses.at(-1)];
    const found = `${STEPS} steps of training took the loss from ${first.toFixed(3)} to ${last.toFixed(3)}.`;
    return last < first ? { check, state: "ok", found } : { check, state: "fault", found, remedy };
  } catch (error) {
    return { check, state: "fault", found: error instanceof Error ? error.message : String(error), remedy };
  }
}
