// `ursa prediction`: batch jobs after they were submitted, and their results.
import type { Prediction } from "@ursa/contracts/prediction";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { explainProblem } from "../failure.ts";
import { linkOption, showLink } from "../link-option.ts";
import { readRecords } from "../pages.ts";
import { table } from "../print.ts";
import { cancelCommand, deleteCommand } from "../record-commands.ts";
import { formatOf, type ResultsOptions, saveResults } from "../save-results.ts";

export function predictionCommand(): Command {
  const command = new Command("prediction")
    .description("look at batch predictions and fetch their results; `ursa predict` makes one")
    .addHelpText(
      ...examples("ursa predict new-urls.txt --detach", "ursa prediction results prd_01J… --out answers.csv"),
    );
  for (const child of [list(), show(), results(), cancelCommand("prediction"), deleteCommand("prediction")])
    command.addCommand(child);
  return command;
}

const list = () =>
  new Command("list")
    .description("list predictions, newest first")
    .option("--all", "all of them, not the newest 50")
    .addHelpText(...examples("ursa prediction list", "ursa prediction list --all --json"))
    .action(async ({ all }: { all?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const found = await readRecords((query) => client.call("listPredictions", { query }), { all, print });
      const rows = found.map((each) => [
        each.id,
        each.state,
        String(each.inputs),
        String(each.counts?.outcomes.ok ?? ""),
        each.alias ?? each.model,
        each.name ?? "",
      ]);
      print.answer(found, table(["id", "state", "inputs", "ok", "model", "name"], rows));
    });

const show = () =>
  new Command("show")
    .description("a prediction's state, and how many inputs went to which class")
    .argument("<prediction>")
    .addHelpText(...examples("ursa prediction show prd_01J…"))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const prediction = await client.call("getPrediction", { params: { id } });
      print.answer(prediction, describePrediction(prediction));
    });

/** What was asked of which model, the classes it found, and what became of the inputs that have none. */
export function describePrediction(prediction: Prediction): string {
  const { id, state, inputs, counts, alias, model, error, progress } = prediction;
  const head = `${id}  ${state}  ${inputs} inputs by ${alias ? `${alias} (${model})` : model}`;
  const reason = error ? `\n${explainProblem(error)}` : "";
  const place = progress && !counts ? `\n${progress.phase} ${progress.done}/${progress.total}` : "";
  if (!counts) return `${head}${reason}${place}`;
  const unanswered = Object.entries(counts.outcomes).filter(([outcome]) => outcome !== "ok");
  const rows = [...Object.entries(counts.classes), ...unanswered].map(([name, count]) => [name, String(count)]);
  return `${head}${reason}\n\n${table(["class or outcome", "inputs"], rows)}`;
}

const results = () =>
  new Command("results")
    .description("one row per input, in input order")
    .argument("<prediction>")
    .option("--out <file>", "where to, .csv or .jsonl; standard output when left out")
    .option("--format <format>", "jsonl or csv, where --out does not say")
    .addOption(linkOption())
    .addHelpText(
      ...examples(
        "ursa prediction results prd_01J… --out answers.csv",
        "ursa prediction results prd_01J… --format csv --link",
        "ursa prediction results prd_01J… | jq -r 'select(.class == \"grizzly\").input'",
      ),
    )
    .action(async (id: string, options: ResultsOptions & { link?: true }, command: Command) => {
      const session = connect(command);
      if (!options.link) return saveResults(session, id, options);
      const query = { format: formatOf(options) };
      showLink(command, session.print, await session.client.call("createResultsLink", { params: { id }, query }));
    });
