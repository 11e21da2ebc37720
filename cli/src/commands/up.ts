// `ursa up`: everything on this machine until stopped.
import { Command } from "commander";
import { examples } from "../examples.ts";
import { number } from "../number.ts";

type UpOptions = { port: number; home?: string; allow?: string[]; printConfig?: boolean };

export function upCommand(): Command {
  return new Command("up")
    .description("run everything on this machine until stopped: Redis, API, downloader, trainer, inferers")
    .option("--port <n>", "port of the API and the web page", number, 8080)
    .option("--home <folder>", "where data and logs lie; .ursa in the repository when left out")
    .option("--allow <host:port...>", "private addresses pictures may be fetched from, such as 127.0.0.1:9000")
    .option("--print-config", "print the settings each service would run with, without secrets, and start nothing")
    .addHelpText(...examples("ursa up --port 9090 --home ~/ursa", "ursa up --print-config"))
    .action(async ({ port, home, allow, printConfig }: UpOptions) => {
      const options = { port, allowFetch: allow ?? [], ...(home ? { home } : {}) };
      if (printConfig) {
        const { printConfigs } = await import("../local/up/print-config.ts");
        return printConfigs(options);
      }
      // Loaded here, so that commands that only talk to an API start fast.
      const { runUp } = await import("../local/up/up-command.ts");
      return runUp(options);
    });
}
