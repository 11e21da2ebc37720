// `ursa sweep`: several rates and epoch counts from one start, and which of them was best.
import type { SweepView } from "@ursa/contracts/sweep";
import { Command, InvalidArgumentError } from "commander";
import { connect, type Session } from "../connect.ts";
import { describeSweep } from "../describe-sweep.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { follow } from "../follow.ts";
import { number } from "../number.ts";
import { readRecords } from "../pages.ts";
import { table } from "../print.ts";
import { addCommonOptions, phasesOf, RECIPES_HELP, type RecipeOptions, recipeOf, slice } from "../recipe-options.ts";
import { cancelCommand, deleteCommand } from "../record-commands.ts";

type SweepOptions = Omit<RecipeOptions, "lr" | "epochs" | "slice" | "findOnly"> & {
  lr?: number[];
  epochs?: number[];
  slice?: [number, number][];
  repeats: number;
  name?: string;
  detach?: boolean;
};

const HELP = `
Every combination of what is listed is a training run, and a model like any other. All train on the same pictures of one split.
Without rates, stage 1 has three of them, and stage 2 alone has three around what \`ursa train\` would take.
The best is the lowest mean error rate over the repeats, then the lowest mean valid loss. One seed says little: use --repeats.`;

export function sweepCommand(): Command {
  const command = new Command("sweep")
    .description("train by several rates and epoch counts, and tabulate them with the best marked")
    .argument("<dataset>")
    .option("--lr <rates>", "learning rates, such as 1e-3,3e-3,1e-2 (these)", numbers)
    .option("--epochs <counts>", "epoch counts, such as 1,4 (the recipe's)", numbers)
    .option(
      "--slice <rates>",
      "stage 2's rates, lowest layers and head, such as 1e-5,3e-4; may be given again",
      addSlice,
    )
    .option("--repeats <n>", "runs of each combination, with seeds that follow each other", number, 1)
    .option("--name <name>", "a name for people")
    .option("--detach", "do not wait for it");
  for (const child of [list(), show(), cancelCommand("sweep"), deleteCommand("sweep")]) command.addCommand(child);
  return addCommonOptions(command)
    .addHelpText("after", HELP)
    .addHelpText("after", RECIPES_HELP)
    .addHelpText(
      ...examples(
        "ursa sweep ds_01J… --recipe quick --lr 1e-3,3e-3,1e-2 --epochs 1,4",
        "ursa sweep ds_01J… --from mdl_01J…@stage-1 --slice 1e-5,3e-4 --slice 1e-4,1e-3 --repeats 3",
        "ursa sweep show swp_01J…",
      ),
    )
    .action(sweep);
}

async function sweep(dataset: string, options: SweepOptions, command: Command): Promise<void> {
  const session = connect(command);
  const { client, print } = session;
  const { lr: learningRates, epochs, slice: slices, repeats, name, ...common } = options;
  const { from } = options;
  const phases = phasesOf(options);
  const recipe = recipeOf({ ...common, ...(phases ? { phases: [...phases] } : {}) });
  const body = { dataset, name, from, recipe, learningRates, slices, epochs, repeats };
  const created = await client.call("createSweep", { body });
  const { id, cells, runs } = created;
  print.note(`${id}: ${cells.length} combinations, ${runs.length} runs on ${dataset}`);
  if (options.detach) {
    print.note(`Look at it later with \`ursa sweep show ${id}\`.`);
    return print.answer(created, id);
  }
  await watch(session, id);
}

/** A sweep that failed has a table too, which says how. */
async function watch(session: Session, id: string): Promise<void> {
  const failure = await follow(session, "sweep", id).catch((error) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  answer(session, await session.client.call("getSweep", { params: { id } }));
  if (failure) throw failure;
}

const answer = ({ print }: Session, view: SweepView) => print.answer(view, describeSweep(view));

const list = () =>
  new Command("list")
    .description("list sweeps, newest first")
    .option("--all", "all of them, not the newest 50")
    .addHelpText(...examples("ursa sweep list", "ursa sweep list --all --json"))
    .action(async ({ all }: { all?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const found = await readRecords((query) => client.call("listSweeps", { query }), { all, print });
      const rows = found.map(({ id, state, cells, runs, dataset, name = "" }) => [
        ...[id, state, String(cells.length), String(runs.length), dataset.id, name],
      ]);
      print.answer(found, table(["id", "state", "combinations", "runs", "dataset", "name"], rows));
    });

const show = () =>
  new Command("show")
    .description("a sweep's table, as far as it has come")
    .argument("<sweep>")
    .option("--follow", "wait for its end")
    .addHelpText(...examples("ursa sweep show swp_01J…", "ursa sweep show swp_01J… --follow"))
    .action(async (id: string, options: { follow?: boolean }, command: Command) => {
      const session = connect(command);
      if (options.follow) return watch(session, id);
      answer(session, await session.client.call("getSweep", { params: { id } }));
    });

export function numbers(text: string): number[] {
  return text.split(",").map((part) => number(part));
}

function addSlice(text: string, before: [number, number][] = []): [number, number][] {
  const { lower, upper } = slice(text);
  if (lower === undefined) throw new InvalidArgumentError("Give two learning rates with a comma, such as 1e-5,3e-4.");
  return [...before, [lower, upper]];
}
