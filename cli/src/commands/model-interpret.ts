// `ursa model interpret`: where a model is wrong on its own dataset, on which pictures, and how far to believe it.
import { writeFile } from "node:fs/promises";
import { SPLITS, type Split } from "@ursa/contracts/dataset";
import type { EvaluationResult } from "@ursa/contracts/evaluation";
import { STAGES, type StageName } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";
import { Command, Option } from "commander";
import { connect, type Session } from "../connect.ts";
import { describeInterpretation, shownSide } from "../describe-interpretation.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { follow } from "../follow.ts";
import { number } from "../number.ts";

type InterpretOptions = {
  stage?: StageName;
  side?: Split;
  top: number;
  min: number;
  class?: string;
  wrong?: true;
  save?: string;
};

/** As many as a result has without a filter. */
const MOST_LOSSES = 100;

export const interpretCommand = () =>
  new Command("interpret")
    .description("look at every picture of its dataset: confusion, top losses, calibration, thresholds")
    .argument("<model>")
    .addOption(new Option("--stage <stage>", "the latest that is finished when left out").choices(STAGES))
    .addOption(
      new Option("--side <side>", "the side to show in full: test where there is one, else valid").choices(SPLITS),
    )
    .option("--top <count>", "how many top losses to list, at most 100", number, 10)
    .option("--min <count>", "name two classes as confused from so many pictures on", number, 1)
    .option("--class <class>", "list top losses of this true class only")
    .option("--wrong", "list only top losses that were taken for another class")
    .option("--save <file>", "save the whole result as JSON")
    .addHelpText(
      ...examples("ursa model interpret mdl_01J…", "ursa model interpret mdl_01J… --side train --top 30 --wrong"),
    )
    .action(async (id: string, options: InterpretOptions, command: Command) => {
      const session = connect(command);
      const result = await interpret(session, id, options);
      const { url } = command.optsWithGlobals<{ url: string }>();
      const told = options.class || options.wrong ? await withChosenLosses(session, result, options) : result;
      session.print.answer(told, describeInterpretation(told, { ...options, url }));
      if (!options.save) return;
      await writeFile(options.save, JSON.stringify(result));
      session.print.note(`saved ${options.save}`);
    });

/** The first time it is made, which takes some seconds for hundreds of pictures; then it is there. */
async function interpret(session: Session, id: string, { stage, min }: Pick<InterpretOptions, "stage" | "min">) {
  const { client } = session;
  const asked = await client.call("createInterpretation", { params: { id }, body: { stage } });
  if (!isFinal(asked.evaluation.state)) await follow(session, "evaluation", asked.evaluation.id);
  const { result } = await client.call("getInterpretation", { params: { id }, query: { stage, min } });
  if (!result) throw new Failure(`${asked.evaluation.id} was made anew meanwhile; ask again.`);
  return result;
}

/** The result with other top losses on the side that is shown: those of the hundred in it that pass could be too few. */
async function withChosenLosses({ client }: Session, result: EvaluationResult, options: InterpretOptions) {
  const { class: name, wrong, top } = options;
  if (name !== undefined && !result.classes.includes(name))
    throw new Failure(`The model knows no class ${name}; its classes are ${result.classes.join(", ")}.`);
  const split = shownSide(result, options.side);
  const measured = result.sides?.[split];
  const query = { class: name, wrong: wrong && "true", split, limit: Math.max(1, Math.min(top, MOST_LOSSES)) };
  const { items } = await client.call("listEvaluatedItems", { params: { id: result.evaluationId }, query });
  if (!measured) return { ...result, topLosses: items };
  return { ...result, sides: { ...result.sides, [split]: { ...measured, topLosses: items } } };
}
