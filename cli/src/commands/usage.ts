// `ursa usage`: what one's namespace may use, and has used.
import type { QuotaUsage } from "@ursa/contracts/usage";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { table } from "../print.ts";

export function usageCommand(): Command {
  return new Command("usage")
    .description("what your namespace may use, and has used of it")
    .addHelpText(...examples("ursa usage", "ursa usage --json | jq '.quotas[] | select(.used == .limit)'"))
    .action(async (_options, command: Command) => {
      const { client, print } = connect(command);
      const usage = await client.call("getUsage", {});
      const rows = usage.quotas.map((each) => [
        each.quota,
        each.used === undefined ? "not counted" : shown(each.used),
        each.limit === undefined ? "none" : shown(each.limit),
        noteOf(each),
      ]);
      print.answer(usage, [`Namespace ${usage.namespace}`, "", table(["quota", "used", "limit", ""], rows)].join("\n"));
    });
}

const shown = (value: number): string => (Math.round(value * 10) / 10).toLocaleString("en");

function noteOf({ resetsAt, countedAt }: QuotaUsage): string {
  if (resetsAt) return `anew at ${timeOf(resetsAt)}`;
  return countedAt ? `counted at ${timeOf(countedAt)}` : "";
}

const timeOf = (date: string): string => date.slice(0, "2026-11-30T12:00".length).replace("T", " ").concat(" UTC");
