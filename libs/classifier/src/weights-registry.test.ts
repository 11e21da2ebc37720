import { expect, test } from "vitest";
import { efficientNetLite0 } from "./backbones/efficientnet-lite.ts";
import { bodyWeights, checkTensors, loadBackboneWeights } from "./weights-registry.ts";

test("the weights that ship fit the backbone", async () => {
  const weights = await loadBackboneWeights("efficientnet_lite0");
  expect(weights.size).toBe(245);
});

test("weights of another network are refused with a list of what differs", async () => {
  const weights = new Map(await loadBackboneWeights("efficientnet_lite0"));
  const stem = weights.get("conv_stem.weight");
  weights.delete("conv_head.weight");
  weights.set("classifier.weight", { shape: [1], data: new Float32Array(1) });
  weights.set("conv_stem.weight", { shape: [3, 32, 3, 3], data: stem?.data ?? new Float32Array() });
  expect(() => checkTensors(efficientNetLite0, weights)).toThrow(
    "1 missing (conv_head.weight); 1 unexpected (classifier.weight); 1 of another shape (conv_stem.weight [3,32,3,3] instead of [32,3,3,3])",
  );
});

test("a body that is not pretrained has random weights that depend on the seed alone", async () => {
  const recipe = { backbone: "efficientnet_lite0", pretrained: false, seed: 5 } as const;
  const [first, again, other] = [
    await bodyWeights(recipe, "none"),
    await bodyWeights(recipe, "none"),
    await bodyWeights({ ...recipe, seed: 6 }, "none"),
  ];
  checkTensors(efficientNetLite0, first);
  expect(first).toEqual(again);
  expect(first.get("conv_stem.weight")).not.toEqual(other.get("conv_stem.weight"));
});
