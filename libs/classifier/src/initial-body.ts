// Random weights for a backbone that is not pretrained: kaiming normal convolutions (fan in), batch-norms the identity.
import type { StoredTensor } from "@ursa/tensor/safetensors";
import type { Backbone } from "./backbones/backbone.ts";
import type { Random } from "./random.ts";

export function initialBody({ stages }: Backbone, random: Random): Map<string, StoredTensor> {
  return new Map(
    stages
      .flatMap(({ convolutions }) => convolutions)
      .flatMap(({ name, norm, shape }): [string, StoredTensor][] => {
        const [outputs, inputs, height, width] = shape;
        const fanIn = inputs * height * width;
        const data = Float32Array.from({ length: outputs * fanIn }, () => random.normal() * Math.sqrt(2 / fanIn));
        const vector = (value: number): StoredTensor => ({
          shape: [outputs],
          data: new Float32Array(outputs).fill(value),
        });
        return [
          [`${name}.weight`, { shape, data }],
          [`${norm}.weight`, vector(1)],
          [`${norm}.bias`, vector(0)],
          [`${norm}.running_mean`, vector(0)],
          [`${norm}.running_var`, vector(1)],
        ];
      }),
  );
}
