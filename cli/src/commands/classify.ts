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
    .option("--heat-map <png>", "of one file: draw over it what spoke for the answer (Grad-CAM), and write that here")
    .addHelpText(
      ...examples(
        "ursa classify photo.jpg",
        "ursa classify https://example.org/bear.jpg --model bears@production",
        "ursa classify photo.jpg --heat-map looked-at.png",
      ),
    )
    .action(async (pictures: string[], { model, tta, heatMap: out }: Options, command: Command) => {
      const { client, print } = connect(command);
      checkHeatMap(pictures, out);
      const query = {
        ...(model === undefined ? {} : { model }),
        ...(tta ? { tta: "true" as const } : {}),
        ...(out === undefined ? {} : { heatMap: "true" as const }),
      };
      for (const picture of pictures) {
        const body = isUrl(picture) ? { url: picture } : await readPicture(picture);
        const answer = await client.call("classify", { query, body }).catch((error) => refuse(picture, error));
        if (out !== undefined && body instanceof Uint8Array) await drawOver(body, answer, out);
        print.answer({ picture, ...answer }, drawing(picture, answer, out));
      }
    });
}

type Options = { model?: string; tta?: boolean; heatMap?: string };

const isUrl = (picture: string) => /^https?:\/\//.test(picture);

function checkHeatMap(pictures: readonly string[], out: string | undefined): void {
  if (out === undefined || (pictures.length === 1 && !pictures.some(isUrl))) return;
  throw new Failure("--heat-map draws over one file: name one, and download it first where it is a URL.", {
    exitCode: 2,
  });
}

/** The decoder is loaded when it is needed: other commands start without it. */
async function drawOver(picture: Uint8Array, { heatMap }: Classification, out: string): Promise<void> {
  if (!heatMap) throw new Failure("The API answered without a heat map: it is of an earlier version.");
  const { writeHeatMap } = await import("../local/heat-map/write-heat-map.ts");
  await writeHeatMap(out, picture, heatMap);
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

function drawing(picture: string, answer: Classification, out: string | undefined): string {
  const by = answer.alias ? `${answer.alias} (${answer.model})` : answer.model;
  const drawn = out === undefined ? "" : `What spoke for ${answer.class} is drawn in ${out}.\n`;
  return `${picture}\n${bars(answer.predictions)}\n${by}, ${answer.milliseconds.total.toFixed(0)} ms\n${drawn}`;
}
