// `ursa sgd`: the lesson's gradient descent on a line, or on a polynomial, with every step kept.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import {
  type CreateRegression,
  MAX_DEGREE,
  MAX_STEPS,
  type RatePreset,
  ratePresetSchema,
} from "@ursa/contracts/regression";
import { Command, InvalidArgumentError, Option } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { follow } from "../follow.ts";
import { number } from "../number.ts";
import { addShowOptions, type ShowOptions, showRegression } from "../show-regression.ts";

type SgdOptions = ShowOptions & {
  csv?: string;
  count?: number;
  coefficients?: number[];
  noise?: "uniform" | "normal";
  noiseScale?: number;
  heldOut?: number;
  degree?: number;
  rate?: number;
  preset?: RatePreset;
  batch?: number;
  steps?: number;
  start?: number[];
  rescale?: boolean;
  seed?: number;
  name?: string;
  detach?: boolean;
};

const HELP = `
Without an option it is the lesson's: 100 points about y = 3x + 2 with noise between 0 and 1, x between -1 and 1, from slope -1 and
intercept 1, rate 0.1, 100 steps over all points. Own points whose x is far from 0 need --rescale, which maps x to -1 … 1.`;

export function sgdCommand(): Command {
  const command = new Command("sgd")
    .description("the lesson's stochastic gradient descent: fit a line or a polynomial to points, and see every step")
    .option("--csv <file>", "your own points, a line of x and y each; - reads standard input")
    .option("--count <n>", "how many points are drawn (100)", number)
    .option("--coefficients <list>", "of what they are drawn about, highest power first (3,2)", numbers)
    .addOption(new Option("--noise <kind>", "added to y (uniform, between 0 and 1)").choices(["uniform", "normal"]))
    .option("--noise-scale <width>", "width of uniform noise, or deviation of normal (1)", number)
    .option(
      "--held-out <fraction>",
      "of your own points, not fitted to (0.2); beside drawn ones as many again are",
      number,
    )
    .option("--degree <n>", `of the polynomial, 1 to ${MAX_DEGREE} (1, a line)`, number)
    .option("--rate <rate>", "learning rate (0.1)", number)
    .addOption(new Option("--preset <rate>", "a rate chosen by the points").choices(ratePresetSchema.options))
    .option("--batch <n>", "points in each step (all of them)", number)
    .option("--steps <n>", `how many, up to ${MAX_STEPS} (100)`, number)
    .option("--start <list>", "parameters to start from, highest power first (-1,1)", numbers)
    .option("--rescale", "map x to -1 … 1 first")
    .option("--seed <n>", "of the points, of what is held out and of the batches (42)", number)
    .option("--name <name>", "a name for people")
    .option("--detach", "do not wait for it");
  return addShowOptions(command)
    .addHelpText("after", HELP)
    .addHelpText(
      ...examples(
        "ursa sgd",
        "ursa sgd --preset too-big",
        "ursa sgd --batch 16 --svg sgd.svg --gif sgd.gif",
        "ursa sgd --csv points.csv --rescale --degree 3 --steps 1000 --preset good",
        "ursa sgd --count 20 --coefficients 4,0,-3,0 --degree 9 --degrees",
      ),
    )
    .action(sgd);
}

function numbers(text: string): number[] {
  const values = text.split(",").map(number);
  if (values.length < 2) throw new InvalidArgumentError("expected numbers with commas between, such as -1,1");
  return values;
}

async function sgd(options: SgdOptions, command: Command): Promise<void> {
  const session = connect(command);
  const { client, print } = session;
  const { id } = await client.call("createRegression", { body: await bodyOf(options) });
  if (options.detach) {
    print.note(`Look at it later with \`ursa regression show ${id}\`.`);
    return print.answer({ id }, id);
  }
  await follow(session, "regression", id);
  await showRegression(session, id, options);
}

/** @throws Failure for points that are both given and drawn */
async function bodyOf(options: SgdOptions): Promise<Partial<CreateRegression>> {
  const { csv, count, coefficients, noise, noiseScale: scale, heldOut: heldOutFraction, seed } = options;
  const { degree, rate: learningRate, preset, batch: batchSize, steps, start, rescale, name } = options;
  const asked = { name, heldOutFraction, degree, learningRate, preset, batchSize, steps, start, rescale, seed };
  const drawn = defined({ count, coefficients, noise, scale, seed });
  const isDrawn = [count, coefficients, noise, scale].some((value) => value !== undefined);
  if (csv && isDrawn)
    throw new Failure("Points are drawn or read: leave out --csv, or what says how they are drawn.", { exitCode: 2 });
  return defined({ ...asked, ...(csv ? { csv: await readPoints(csv) } : { drawn }) }) as Partial<CreateRegression>; // Its own fields, checked by the API.
}

const defined = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

async function readPoints(path: string): Promise<string> {
  if (path === "-") return await text(process.stdin);
  return await readFile(path, "utf8").catch((cause: Error) => {
    throw new Failure(`${path} cannot be read: ${cause.message}`, { exitCode: 2 });
  });
}
