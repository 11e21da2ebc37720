// `ursa evaluation`: evaluations after they were submitted.
import { Command } from "commander";
import { connect } from "../connect.ts";
import { describeEvaluation, describeResult } from "../describe-evaluation.ts";
import { examples } from "../examples.ts";
import { number } from "../number.ts";
import { readRecords } from "../pages.ts";
import { percent, table } from "../print.ts";
import { cancelCommand, deleteCommand } from "../record-commands.ts";

export function evaluationCommand(): Command {
  const command = new Command("evaluation")
    .description("look at evaluations; `ursa evaluate` makes one")
    .addHelpText(...examples("ursa evaluation list", "ursa evaluation show evl_01J… --top 30"));
  for (const child of [list(), show(), cancelCommand("evaluation"), deleteCommand("evaluation")])
    command.addCommand(child);
  return command;
}

const list = () =>
  new Command("list")
    .description("list evaluations, newest first")
    .option("--all", "all of them, not the newest 50")
    .addHelpText(...examples("ursa evaluation list", "ursa evaluation list --all --json"))
    .action(async ({ all }: { all?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const found = await readRecords((query) => client.call("listEvaluations", { query }), { all, print });
      const rows = found.map(({ id, state, summary, split, tta, dataset, alias, model, name = "" }) => [
        ...[id, state, summary ? percent(summary.errorRate) : ""],
        ...[tta ? `${split}, tta` : split, dataset.id, alias ?? model, name],
      ]);
      print.answer(found, table(["id", "state", "error rate", "split", "dataset", "model", "name"], rows));
    });

const show = () =>
  new Command("show")
    .description("what an evaluation measured")
    .argument("<evaluation>")
    .option("--top <count>", "how many top losses to list, at most 100", number, 10)
    .addHelpText(...examples("ursa evaluation show evl_01J…", "ursa evaluation show evl_01J… --json > evaluation.json"))
    .action(async (id: string, { top }: { top: number }, command: Command) => {
      const { client, print } = connect(command);
      const evaluation = await client.call("getEvaluation", { params: { id } });
      if (evaluation.state !== "ready") return print.answer(evaluation, describeEvaluation(evaluation));
      const result = await client.call("getEvaluationResult", { params: { id } });
      const { url } = command.optsWithGlobals<{ url: string }>();
      print.answer(result, describeResult(result, { top, url }));
    });
