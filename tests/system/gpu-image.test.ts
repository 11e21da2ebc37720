// The image `trainer-gpu`, which brings its own CUDA: built where that is asked for, since it fetches two gigabytes.
import { spawnSync } from "node:child_process";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../cluster/images.ts";
import { missingForCompose } from "./compose-host.ts";

const isAsked = process.env.URSA_TEST_GPU_IMAGE === "yes";
const missing = isAsked ? missingForCompose() : "it fetches 2.1 GB and takes 12 GB of disk (URSA_TEST_GPU_IMAGE=yes)";
if (missing) reportAbsentPart(`The image trainer-gpu was not built: ${missing}.`);

const ADDON = "/app/engines/tfjs-node-gpu/node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node";

describe.skipIf(missing !== undefined)("the image trainer-gpu", () => {
  let image = "";
  beforeAll(async () => {
    image = await buildImage("trainer-gpu", "0.1.0");
  }, 3_600_000);

  /** In a container of it as Compose starts one, but without a GPU. */
  const run = (options: string[], command: string[] = []) => {
    const hardened = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--network", "none"];
    const { status, stdout, stderr } = spawnSync("docker", ["run", ...hardened, ...options, image, ...command], {
      encoding: "utf8",
    });
    return { status, text: stdout + stderr };
  };

  test("lacks nothing but the driver, and says so where it would train on the CPU", () => {
    const env = ["--env", "URSA_STORE_URL=file:///tmp/store", "--env", "URSA_REDIS_URL=redis://127.0.0.1:1"];
    const { status, text } = run(env);
    expect(status).toBe(1);
    expect(text).toMatch(/cannot start: A GPU was asked for, and none would be used: /);
    expect(text).toContain("these libraries are not found: libcuda.so.1.");
  });

  test("has a binding that loads with the libraries that lie beside it", () => {
    const { status, text } = run([], ["node", "--print", `require(${JSON.stringify(ADDON)}).TF_Version`]);
    expect(status, text).toBe(0);
    expect(text.split("\n")).toContain("2.15.1");
  });

  test.each(["npm", "python3", "gcc", "make", "node-gyp"])("has no %s", (tool) => {
    expect(run([], ["sh", "-c", `command -v ${tool}`]).status).not.toBe(0);
    expect(run([], ["sh", "-c", "command -v node"]).status).toBe(0);
  });
});
