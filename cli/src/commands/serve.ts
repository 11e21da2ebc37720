// `ursa serve`: one exported model, alone.
import { Command } from "commander";
import { examples } from "../examples.ts";
import { number } from "../number.ts";
import { createPrinter } from "../print.ts";

type Options = { host: string; port: number; threads?: number; allow?: string[] };

export function serveCommand(): Command {
  return new Command("serve")
    .description(
      "serve one exported model by itself until stopped: a page, /v1/classify, /classify-url; no Redis, no store",
    )
    .argument("<folder>", "what `ursa model export` wrote")
    .option("--port <n>", "port; 0 takes any free one", number, 8090)
    .option(
      "--host <address>",
      "address to listen on; 0.0.0.0 answers other machines, without asking who they are",
      "127.0.0.1",
    )
    .option("--threads <n>", "threads of one model run; one per core, at most 4, when left out", number)
    .option("--allow <host:port...>", "private addresses pictures may be fetched from, such as 127.0.0.1:9000")
    .addHelpText(
      ...examples(
        "ursa model export mdl_01J… --out bears",
        "ursa serve bears",
        "ursa serve bears --port 80 --host 0.0.0.0",
      ),
    )
    .action(async (folder: string, { allow = [], ...options }: Options, command: Command) => {
      // Loaded here, so that commands that only talk to an API start fast.
      const { runServe } = await import("../local/serve/run-serve.ts");
      const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
      await runServe({ folder, allow, ...options }, createPrinter(json));
    });
}
