// Preloaded into a process (`NODE_OPTIONS=--import=…`): a training step of more than TEST_LARGEST_BATCH pictures is refused as
// ONNX Runtime does it when memory runs out.
import { InferenceSession } from "onnxruntime-node";

const largest = Number(process.env.TEST_LARGEST_BATCH);
const { create } = InferenceSession;
const scarce = async (...given: Parameters<typeof create>) => {
  const session = await create.apply(InferenceSession, given);
  const run = session.run.bind(session);
  session.run = async (feeds: Parameters<typeof run>[0]) => {
    const batch = feeds.labels?.dims[0] ?? 0;
    if (batch > largest) throw new Error(`Failed to allocate memory for requested buffer of size ${batch}`);
    return await run(feeds);
  };
  return session;
};
// `create` has an overload for every kind of source; ours passes on whatever it is given.
InferenceSession.create = scarce as typeof create;
