// `ursa predict`: a batch job over a dataset's items or over URL lists or pictures, and its results.
import type { CreatePrediction } from "@ursa/contracts/prediction";
import { Command } from "commander";
import { connect, type Session } from "../connect.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { follow } from "../follow.ts";
import { namingPaths, openLists, type Uploaded, uploadLists } from "../lists.ts";
import { formatOf, saveResults } from "../save-results.ts";
import { describePrediction } from "./prediction.ts";

type PredictOptions = {
  model?: string;
  dataset?: string;
  split?: "train" | "valid" | "test";
  class?: string;
  name?: string;
  out?: string;
  format?: string;
  tta?: boolean;
  detach?: boolean;
};

export function predictCommand(): Command {
  return new Command("predict")
    .description("predict many: one result row per input, in input order")
    .argument("[list]", "a file of URLs, one per line, or a zip, a tar or a folder of pictures; or use --dataset")
    .option("--dataset <dataset>", "predict a dataset's items")
    .option("--split <split>", "with --dataset: train, valid or test")
    .option("--class <class>", "with --dataset: only this class")
    .option("--model <model>", "a model id or an alias; the default alias when left out")
    .option("--tta", "test-time augmentation: nine views of each picture, at nine times the work")
    .option("--name <name>", "a name for people")
    .option("--out <file>", "save the results; .csv or .jsonl")
    .option("--format <format>", "jsonl or csv, where --out does not say")
    .option("--detach", "do not wait for it")
    .addHelpText(
      ...examples(
        "ursa predict new-urls.txt --out answers.csv",
        "ursa predict pictures.zip --out answers.csv",
        "ursa predict --dataset ds_01J… --split valid --model bears@production",
      ),
    )
    .action(predict);
}

async function predict(list: string | undefined, options: PredictOptions, command: Command): Promise<void> {
  const session = connect(command);
  const { model, name, tta = false } = options;
  formatOf(options); // refuses a wrong one before the work is done
  const lists = options.dataset ? [] : await uploadOne(session, list);
  const body = { input: inputOf(lists, options), tta, ...(model ? { model } : {}), ...(name ? { name } : {}) };
  const created = await namingPaths(lists, () => session.client.call("createPrediction", { body }));
  session.print.note(`${created.id}: ${created.inputs} pictures by ${created.alias ?? created.model}`);
  if (options.detach) {
    session.print.note(`Fetch it later with \`ursa prediction results ${created.id}\`.`);
    return session.print.answer(created, created.id);
  }
  await follow(session, "prediction", created.id);
  const ended = await session.client.call("getPrediction", { params: { id: created.id } });
  session.print.answer(ended, describePrediction(ended));
  if (options.out) await saveResults(session, created.id, options);
  else session.print.note(`Fetch the rows with \`ursa prediction results ${created.id} --out answers.csv\`.`);
}

async function uploadOne(session: Session, list: string | undefined): Promise<Uploaded[]> {
  if (!list)
    throw new Failure("Say what to predict: a file of URLs, a zip of pictures, or --dataset ds_01J….", { exitCode: 2 });
  const lists = await openLists([list]);
  if (lists.length > 1)
    throw new Failure(`${list} holds ${lists.length} URL lists; a prediction takes one.`, { exitCode: 2 });
  return uploadLists(session, lists);
}

function inputOf([list]: Uploaded[], options: PredictOptions): CreatePrediction["input"] {
  if (list) return { upload: list.source.upload };
  const { dataset = "", split, class: className } = options;
  return { dataset, ...(split ? { split } : {}), ...(className ? { class: className } : {}) };
}
