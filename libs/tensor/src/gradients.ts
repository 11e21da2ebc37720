// The gradients of the operations model code uses, for every tfjs backend. tfjs-core's bundle for Node comes without them (they
// ship only in the much larger union package), and ours may say "broadcast" where tfjs multiplies by ones.
import { registerGradient, type Tensor } from "@tensorflow/tfjs-core";
import { arithmeticGradients } from "./gradients/arithmetic.ts";
import { convolutionGradients } from "./gradients/convolution.ts";
import { shapeGradients } from "./gradients/shape.ts";

/** By the name of the kernel. */
export const gradients = { ...arithmeticGradients, ...shapeGradients, ...convolutionGradients };

for (const [kernelName, { inputs = [], output = false, everyInput = false, of }] of Object.entries(gradients)) {
  registerGradient({
    kernelName,
    inputsToSave: inputs,
    saveAllInputs: everyInput,
    outputsToSave: [output],
    // These operations have one output, so tfjs passes one gradient, not a list.
    gradFunc: (dy, saved, attributes) => of(dy as Tensor, saved, attributes),
  });
}
