// `ursa reset`: begins anew on this machine.
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";

export const resetCommand = () =>
  new Command("reset")
    .description("delete all data of an Ursa on this machine, which must be stopped; asks first. Added weights stay")
    .option("--home <folder>", "where data lie, as for `ursa up`")
    .option("--yes", "do not ask")
    .addHelpText(...examples("ursa reset", "ursa reset --home ~/ursa --yes"))
    .action(async ({ home, yes }: { home?: string; yes?: boolean }, command: Command) => {
      const { print } = connect(command);
      // Loaded here, so that commands that only talk to an API start fast.
      const { runReset } = await import("../local/up/run-reset.ts");
      const deleted = await runReset({ home, isSure: yes ?? false });
      print.answer({ deleted }, deleted.length > 0 ? `Deleted:\n  ${deleted.join("\n  ")}` : "Nothing was deleted.");
    });
