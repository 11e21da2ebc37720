// A service that the test starts as a child process; its first argument says what it does besides living.
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "@ursa/contracts/problem";
import { z } from "zod";
import { commonConfig, loadConfig } from "./config.ts";
import { runService } from "./run-service.ts";
import { StartupError } from "./startup-error.ts";

const behaviour = process.argv[2] ?? "live";

await runService(
  "fixture",
  async ({ log, signal, onClose }) => {
    const alive = setInterval(() => {}, 1000);
    const closing = (label: string, close = async () => {}) => {
      onClose(label, async () => {
        log.info(`closing ${label}`);
        await close();
      });
    };
    closing("first", async () => clearInterval(alive));
    closing("second", behaviour === "close-fails" ? async () => Promise.reject(new Error("no")) : undefined);
    if (behaviour === "close-hangs") closing("hanging", () => new Promise(() => {}));
    if (behaviour === "startup-error") throw new StartupError("Port 80 is taken.");
    if (behaviour === "problem") throw new Problem("weights_missing", "Install the weights.");
    if (behaviour === "bug") throw new TypeError("x is not a function");
    if (behaviour === "config") loadConfig(z.object(commonConfig), { URSA_PORT: "x", URSA_LOG_LEVEL: "y" });
    if (behaviour === "slow-start") {
      log.info("starting");
      await sleep(60_000, undefined, { signal });
    }
    if (behaviour === "deaf-start") {
      log.info("starting");
      await new Promise(() => {});
    }
    if (behaviour === "rejection") setTimeout(() => void Promise.reject(new Error("forgotten")), 10);
    if (behaviour === "exception") setTimeout(() => JSON.parse("{"), 10);
    log.info("running");
  },
  { stopDeadlineMs: 500 },
);
