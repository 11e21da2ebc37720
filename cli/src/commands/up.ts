// `ursa up`: everything on this machine until stopped.
import { Command } from "commander";
import { examples } from "../examples.ts";
import { number } from "../number.ts";

export function upCommand(): Command {
  return new Command("up")
    .description("run everything on this machine until stopped: Redis, API, downloader, trainer, inferers")
    .option("--port <n>", "port of the API and the status page", number, 8080)
    .option("--home <folder>", "where data and logs lie; .ursa in the repository when left out")
    .option("--allow <host:port...>", "private addresses pictures may be fetched from, such as 127.0.0.1:9000")
    .addHelpText(...examples("ursa up --port 9090 --home ~/ursa"))
    .action(async ({ port, home, allow }: { port: number; home?: string; allow?: string[] }) => {
      // Loaded here, so that commands that only talk to an API start fast.
      const { runUp } = await import("../local/up/up-command.ts");
      await runUp({ port, allowFetch: allow ?? [], ...(home ? { home } : {}) });
    });
}
