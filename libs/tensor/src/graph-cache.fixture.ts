// Opens twenty graphs through the cache in a folder, three times over: `node graph-cache.fixture.ts FOLDER MAX_BYTES`.
// Prints the sum that each computed, and the cache's faults.
import { addGraph } from "./add-graph.fixture.ts";
import { createGraphCache } from "./graph-cache.ts";

const [folder = "", maxBytes] = process.argv.slice(2);
const faults: string[] = [];
const openGraph = createGraphCache({ folder, maxBytes: Number(maxBytes), onFault: (fault) => faults.push(fault) });
const sums: (number | undefined)[] = [];
for (let i = 0; i < 60; i += 1) {
  await using session = await openGraph(addGraph(i % 20), { threads: 1 });
  const { y } = await session.run({ x: { dims: [1], data: Float32Array.of(100) } });
  sums.push(y?.data[0]);
}
process.stdout.write(JSON.stringify({ sums, faults }));
