// `ursa gallery`: the demo's pictures as a service of its own, for an Ursa that runs elsewhere.
import { Command } from "commander";
import { examples } from "../examples.ts";
import { number } from "../number.ts";

export function galleryCommand(): Command {
  return new Command("gallery")
    .description("serve the demo's pictures until stopped: drawn bears, or a folder with one sub-folder per class")
    .argument("[folder]", "real pictures; drawn bears when left out")
    .option("--host <address>", "address to listen on; 0.0.0.0 answers other machines", "127.0.0.1")
    .option("--port <n>", "port to listen on", number, 8090)
    .option("--seed <n>", "seed of the drawn bears, as in `ursa demo`", number, 1)
    .addHelpText(...examples("ursa gallery", "ursa gallery ~/pictures/bears --host 0.0.0.0 --port 8090"))
    .action(async (folder: string | undefined, options: { host: string; port: number; seed: number }) => {
      // Loaded here, so that commands that only talk to an API start fast.
      const { runGallery } = await import("../local/demo/run-gallery.ts");
      process.exitCode = await runGallery({ ...options, ...(folder ? { folder } : {}) });
    });
}
