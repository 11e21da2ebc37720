// `ursa train`: a model from a dataset, by the lesson's recipe; every knob the lesson turns is an option.
import type { CreateModel } from "@ursa/contracts/model";
import { Command } from "commander";
import { connect, type Session } from "../connect.ts";
import { examples } from "../examples.ts";
import { follow } from "../follow.ts";
import { number } from "../number.ts";
import { describeModel } from "./model.ts";

type TrainOptions = {
  name?: string;
  epochs?: number;
  lr?: number;
  batch?: number;
  size?: number;
  seed?: number;
  dropout?: number;
  wd?: number;
  validFraction?: number;
  augment: boolean;
  flip: boolean;
  flipVertical?: boolean;
  maxRotate?: number;
  maxZoom?: number;
  maxLighting?: number;
  maxWarp?: number;
  pAffine?: number;
  pLighting?: number;
  allowUnusual?: boolean;
  alias?: string;
  detach?: boolean;
};

export function trainCommand(): Command {
  return new Command("train")
    .description("train a model on a dataset")
    .argument("<dataset>")
    .option("--name <name>", "a name for people")
    .option("--epochs <n>", "times every picture is seen (4)", number)
    .option("--lr <rate>", "top of the one-cycle learning rate (0.003)", number)
    .option("--batch <n>", "pictures per step (64, or 32 below 320 training pictures)", number)
    .option("--size <px>", "side of the square input (224)", number)
    .option("--seed <n>", "initialisation, shuffling, dropout and augmentation (42)", number)
    .option("--dropout <p>", "before the last layer; half of it before the one before (0.5)", number)
    .option("--wd <decay>", "weight decay (0.01)", number)
    .option("--valid-fraction <f>", "re-cut the dataset's split for this run only", number)
    .option("--no-augment", "no transforms: only the place of the crop is random")
    .option("--no-flip", "do not mirror: for text and other pictures with a left and a right")
    .option("--flip-vertical", "also turn by quarters and mirror top to bottom: for pictures from above")
    .option("--max-rotate <degrees>", "largest turn either way (10)", number)
    .option("--max-zoom <factor>", "largest magnification (1.1)", number)
    .option("--max-lighting <amount>", "largest change of brightness and contrast (0.2)", number)
    .option("--max-warp <amount>", "largest change of perspective (0.2)", number)
    .option("--p-affine <p>", "how often each of turn, zoom and warp happens (0.75)", number)
    .option("--p-lighting <p>", "how often each of brightness and contrast happens (0.75)", number)
    .option("--allow-unusual", "take values outside the ranges that train: they are meant")
    .option("--alias <alias>", "point this alias at the model when it is ready, such as bears@production")
    .option("--detach", "do not wait for it")
    .addHelpText(...examples("ursa train ds_01J… --epochs 8 --alias bears@production"))
    .action(train);
}

async function train(dataset: string, options: TrainOptions, command: Command): Promise<void> {
  const session = connect(command);
  const model = await session.client.call("createModel", { body: bodyOf(dataset, options) });
  session.print.note(`${model.id}: training on ${dataset}`);
  if (options.detach) return session.print.answer(model, model.id);
  await follow(session, "model", model.id);
  if (options.alias) await point(session, options.alias, model.id);
  const trained = await session.client.call("getModel", { params: { id: model.id } });
  session.print.answer(trained, describeModel(trained));
}

function bodyOf(dataset: string, options: TrainOptions): CreateModelInput {
  const { name, epochs, lr, batch, size, seed, dropout, wd, validFraction, allowUnusual } = options;
  const stage1 = { epochs, learningRate: lr, batchSize: batch };
  const regularisation = { dropout, weightDecay: wd, ...transformsOf(options) };
  const recipe = { size, seed, ...regularisation, validFraction, stage1, allowUnusual };
  return { dataset, name, recipe };
}

const transformsOf = ({ augment, flip, flipVertical, ...options }: TrainOptions) => {
  const { maxRotate, maxZoom, maxLighting, maxWarp, pAffine, pLighting } = options;
  return { augment, flip, flipVertical, maxRotate, maxZoom, maxLighting, maxWarp, pAffine, pLighting };
};

type CreateModelInput = { dataset: CreateModel["dataset"]; name?: string | undefined; recipe: Record<string, unknown> };

async function point({ client, print }: Session, alias: string, model: string): Promise<void> {
  await client.call("putAlias", { params: { name: alias }, body: { model } });
  print.note(`${alias} is now ${model}`);
}
