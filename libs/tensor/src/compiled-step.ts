// Runs a training step as one graph, traced once, gradients and optimizer included.
import { trace } from "./trace.ts";
import { type OpenStep, openTrainStep } from "./train-step.ts";

export const openCompiledStep: OpenStep = (plan, { state, threads }) =>
  openTrainStep({ graph: trace(plan), state, threads });
