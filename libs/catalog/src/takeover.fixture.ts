// A worker in a process of its own, for tests that kill it or put it to sleep: takes a model and "trains" epochs until told to end.
// argv: Redis address, store folder, epochs. Says on stdout what it does, one JSON line each.
import { setTimeout as delay } from "node:timers/promises";
import { connectWorker } from "@ursa/queue/connection";
import { quiet } from "@ursa/queue/records.fixture";
import { startWorker } from "@ursa/queue/worker";
import { openFolderStore } from "@ursa/store/folder-store";
import { createCatalog } from "./catalog.ts";

const [redisUrl = "", root = "", epochs = "1"] = process.argv.slice(2);
const say = (line: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(line)}\n`);
const connection = connectWorker(redisUrl);
const catalog = createCatalog({ store: await openFolderStore({ root }) });

const worker = startWorker({
  ...quiet(),
  connection,
  queue: "train",
  concurrency: 1,
  async process(owner, { signal, attempt }) {
    const { fence } = await catalog.take("model", owner);
    say({ took: fence, attempt });
    signal.addEventListener("abort", () => say({ aborted: signal.reason.why, fence }));
    for (let epoch = 0; epoch < Number(epochs); epoch += 1) {
      say({ epoch, fence });
      await delay(50);
    }
    // Deliberately late and deaf to the signal: the fence alone must keep a zombie from writing.
    try {
      await catalog.update("model", owner, (model) => ({ ...model, state: "ready", name: `by fence ${fence}` }), {
        fence,
      });
      say({ wrote: fence });
    } catch (error) {
      say({ refused: error instanceof Error ? error.name : "?", fence });
      throw error;
    }
  },
});
process.on("SIGTERM", async () => {
  await worker.close();
  process.exit(0);
});
