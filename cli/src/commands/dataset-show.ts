// `ursa dataset show`: a dataset in numbers, or some of its pictures as training sees them.
import type { StageName } from "@ursa/contracts/model";
import { Command, Option } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { showDataset } from "../follow-dataset.ts";
import { number } from "../number.ts";
import { addTransformOptions, type TransformOptions, transformsOf } from "../recipe-options.ts";
import { saveResponse } from "../save-response.ts";

type ShowOptions = TransformOptions & {
  batch?: string;
  rows?: number;
  columns?: number;
  page?: number;
  class?: string;
  split?: "train" | "valid";
  stage?: StageName;
  epoch?: number;
  views?: number;
  size?: number;
  seed?: number;
  validFraction?: number;
};

export const showCommand = () =>
  addTransformOptions(
    new Command("show")
      .description(
        "classes in order, counts per class, split and outcome; or a batch of pictures as training sees them",
      )
      .argument("<dataset>")
      .option("--batch <file>", "save a PNG of pictures as training sees them, each with its class and item key")
      .option("--rows <n>", "of pictures on it (3)", number)
      .option("--columns <n>", "of pictures on it (3)", number)
      .option("--page <n>", "other pictures than on page 1 (1)", number)
      .option("--class <class>", "pictures of this class only")
      .addOption(new Option("--split <split>", "valid: as validation sees them (train)").choices(["train", "valid"]))
      .addOption(new Option("--stage <stage>", "whose views (stage-1)").choices(["stage-1", "stage-2"]))
      .option("--epoch <n>", "of that stage (1)", number)
      .option("--views <n>", "so many epochs of each picture, beside each other (1)", number)
      .option("--size <px>", "of a picture, as in the recipe (224)", number)
      .option("--seed <n>", "of the recipe (42)", number)
      .option("--valid-fraction <f>", "of the recipe (the dataset's own split)", number)
      .addHelpText(
        ...examples(
          "ursa dataset show ds_01J…",
          "ursa dataset show ds_01J… --batch bears.png --columns 4 --views 4 --max-rotate 30",
          "ursa dataset show ds_01J… --batch plain.png --no-augment --page 2",
        ),
      ),
  ).action(async (id: string, options: ShowOptions, command: Command) => {
    const session = connect(command);
    const { batch, rows, columns, page, class: name, split, stage, epoch, views, size, seed, validFraction } = options;
    if (batch === undefined) return showDataset(session, id);
    const query = {
      ...{ rows, columns, page, class: name, split, stage, epoch, views, size, seed, validFraction },
      ...transformsOf(options),
    };
    await saveResponse(await session.client.call("showBatch", { params: { id }, query }), batch, session.print);
  });
