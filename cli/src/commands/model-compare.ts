// `ursa model compare`: what changed from one model to another, on pictures that neither was trained on.
import { type ComparedSplit, type ComparisonResult, comparedSplitSchema } from "@ursa/contracts/comparison";
import type { StageName } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";
import { Command, Option } from "commander";
import { connect, type Session } from "../connect.ts";
import { describeComparison } from "../describe-comparison.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { follow } from "../follow.ts";
import { number } from "../number.ts";

type CompareOptions = { split: ComparedSplit; top: number };

const HELP = `
Both are interpreted where they are not yet, which takes some seconds for hundreds of pictures. Pictures are the same where their bytes
are; where the datasets are two versions, the labels of the newer one count for both models.`;

export const compareCommand = () =>
  new Command("compare")
    .description("what changed from one model to another: errors, confusion, pictures mended and broken, luck or not")
    .argument("<before>", "a model, a stage of one (mdl_01J…@stage-1) or an alias")
    .argument("<after>", "a model, or a stage of one")
    .addOption(
      new Option("--split <side>", "the side of the split").choices(comparedSplitSchema.options).default("valid"),
    )
    .option("--top <count>", "how many changed pictures to list of each kind, at most 100", number, 10)
    .addHelpText("after", HELP)
    .addHelpText(
      ...examples(
        "ursa model compare mdl_01J… mdl_01K…",
        "ursa model compare bears@production mdl_01K… --split test --json",
      ),
    )
    .action(async (before: string, after: string, options: CompareOptions, command: Command) => {
      const session = connect(command);
      const result = await compare(session, { before, after, split: options.split });
      const { url } = command.optsWithGlobals<{ url: string }>();
      session.print.answer(result, describeComparison(result, { top: options.top, url }));
    });

async function compare(
  session: Session,
  { before, after, split }: { before: string; after: string; split: ComparedSplit },
): Promise<ComparisonResult> {
  const { client } = session;
  const [id = "", stage] = after.split("@");
  // The API says of another word that it is no stage.
  const asked = { with: before, split, ...(stage ? { stage: stage as StageName } : {}) };
  const made = await client.call("createComparison", { params: { id }, body: asked });
  for (const { id: evaluation, state } of [made.before, made.after])
    if (!isFinal(state)) await follow(session, "evaluation", evaluation);
  const { result } = made.result ? made : await client.call("getComparison", { params: { id }, query: asked });
  if (!result) throw new Failure("An interpretation was made anew meanwhile; ask again.");
  return result;
}
