// `ursa regression`: regressions after they were submitted.
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { readRecords } from "../pages.ts";
import { table } from "../print.ts";
import { cancelCommand, deleteCommand } from "../record-commands.ts";
import { addShowOptions, type ShowOptions, showRegression } from "../show-regression.ts";

export function regressionCommand(): Command {
  const command = new Command("regression")
    .description("look at regressions; `ursa sgd` makes one")
    .addHelpText(...examples("ursa regression list", "ursa regression show reg_01J… --gif sgd.gif"));
  for (const child of [list(), show(), cancelCommand("regression"), deleteCommand("regression")])
    command.addCommand(child);
  return command;
}

const list = () =>
  new Command("list")
    .description("list regressions, newest first")
    .option("--all", "all of them, not the newest 50")
    .addHelpText(...examples("ursa regression list", "ursa regression list --all --json"))
    .action(async ({ all }: { all?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const found = await readRecords((query) => client.call("listRegressions", { query }), { all, print });
      const rows = found.map(({ id, state, summary, degree, learningRate, name = "" }) => [
        ...[id, state, String(degree), learningRate.toPrecision(3), summary?.outcome.replaceAll("-", " ") ?? ""],
        ...[summary?.loss.toPrecision(4) ?? "", name],
      ]);
      print.answer(found, table(["id", "state", "degree", "rate", "outcome", "loss", "name"], rows));
    });

const show = () =>
  addShowOptions(new Command("show").description("every step of a regression, and where it should end"))
    .argument("<regression>")
    .addHelpText(...examples("ursa regression show reg_01J…", "ursa regression show reg_01J… --svg sgd.svg --every 1"))
    .action(async (id: string, options: ShowOptions, command: Command) => {
      const session = connect(command);
      const record = await session.client.call("getRegression", { params: { id } });
      const { state, error } = record;
      if (state !== "ready") return session.print.answer(record, `${id} is ${state}. ${error?.message ?? ""}`.trim());
      await showRegression(session, id, options);
    });
