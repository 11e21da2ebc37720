// `ursa doctor`: is everything Ursa relies on as it must be, at the API and on this machine; each fault with what to do.
import type { Finding } from "@ursa/contracts/operations";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { explain } from "../failure.ts";

const MARKS: Record<Finding["state"], string> = { ok: "ok  ", warning: "warn", fault: "BAD " };

export const doctorCommand = () =>
  new Command("doctor")
    .description("check Redis, the store's promises, clocks, space and the engine; exit code 1 when something is wrong")
    .option("--home <folder>", "where data lie, as for `ursa up`")
    .option("--local", "this machine only, with no API")
    .addHelpText(...examples("ursa doctor", "ursa doctor --local"))
    .action(async ({ home, local }: { home?: string; local?: boolean }, command: Command) => {
      const { client, print, signal } = connect(command);
      // Loaded here, so that commands that only talk to an API start fast.
      const { checkMachine } = await import("../local/doctor/check-machine.ts");
      const remote = local
        ? []
        : client.call("operationsChecks", { signal }).then(({ findings }) => findings, unreachable);
      const findings = [...(await remote), ...(await checkMachine(home))];
      const wrong = findings.filter(({ state }) => state === "fault").length;
      const end = wrong > 0 ? `${wrong} of ${findings.length} checks found something wrong.` : "Nothing is wrong.";
      print.answer({ findings }, [...findings.map(describe), "", end].join("\n"));
      if (wrong > 0) process.exitCode = 1;
    });

const describe = ({ state, check, found, remedy }: Finding): string =>
  `${MARKS[state]}  ${check.padEnd(18)}  ${found}${remedy ? `\n${" ".repeat(26)}${remedy}` : ""}`;

const unreachable = (error: unknown): Finding[] => [
  {
    check: "API",
    state: "fault",
    found: explain(error) ?? "It cannot be asked.",
    remedy: "--local checks this machine only.",
  },
];
