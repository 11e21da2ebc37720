// `ursa classify photo.jpg`: ranked bars for one picture, from a file or a URL.
import { readFile } from "node:fs/promises";
import type { Classification } from "@ursa/contracts/prediction";
import { Problem, type ProblemCode } from "@ursa/contracts/problem";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import { bars } from "../print.ts";

export function classifyCommand(): Command {
  return new Command("classify")
    .description("classify pictures")
    .argument("<picture...>", "files or URLs")
    .option("--model <model>", "a model id or an alias; the default alias when left out")
    .option("--tta", "test-time augmentation: nine views of each picture, at nine times the work")
    .addHelpText(
      ...examples("ursa classify photo.jpg", "ursa classify https://example.org/bear.jpg --model bears@production"),
    )
    .action(async (pictures: string[], { model, tta }: { model?: string; tta?: boolean }, command: Command) => {
      const { client, print } = connect(command);
      const query = { model, ...(tta ? { tta: "true" as const } : {}) };
      for (const picture of pictures) {
        const body = /^https?:\/\//.test(picture) ? { url: picture } : await readPicture(picture);
        const answer = await client.call("classify", { query, body }).catch((error) => refuse(picture, error));
        print.answer({ picture, ...answer }, drawing(picture, answer));
      }
    });
}

async function readPicture(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause) => {
    throw new Failure(`There is no picture ${path}.`, { exitCode: 2, cause });
  });
  if (bytes.length === 0) throw new Failure(`${path} is empty; copy or download it again.`, { exitCode: 2 });
  return bytes;
}

/** Problems that are the picture's own; the API does not know what it is called here. */
const OF_THE_PICTURE: ReadonlySet<ProblemCode> = new Set([
  "bad_image",
  "fetch_failed",
  "payload_too_large",
  "unsupported_media_type",
]);

function refuse(picture: string, error: unknown): never {
  if (!(error instanceof Problem) || !OF_THE_PICTURE.has(error.code)) throw error;
  throw new Problem(error.code, `${picture} cannot be classified: ${error.message}`, { cause: error });
}

function drawing(picture: string, answer: Classification): string {
  const by = answer.alias ? `${answer.alias} (${answer.model})` : answer.model;
  return `${picture}\n${bars(answer.predictions)}\n${by}, ${answer.milliseconds.total.toFixed(0)} ms\n`;
}
