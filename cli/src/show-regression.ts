// Shows a regression that has ended: as text or JSON, and as pictures that move.
import { writeFile } from "node:fs/promises";
import { LESSON } from "@ursa/contracts/regression";
import type { Command } from "commander";
import type { Session } from "./connect.ts";
import { describeRegression } from "./describe-regression.ts";
import { number } from "./number.ts";
import { drawHere } from "./plot/draw-here.ts";
import { regressionCharts } from "./plot/regression-charts.ts";
import { animateRegression, framesOf } from "./plot/regression-picture.ts";

export type ShowOptions = { svg?: string; gif?: string; every: number; degrees?: boolean; chart?: boolean };

export const addShowOptions = (command: Command): Command =>
  command
    .option("--svg <file>", "save the descent as an SVG that moves")
    .option("--gif <file>", "save it as a GIF")
    .option("--every <n>", "print every so many steps", number, LESSON.printEvery)
    .option("--degrees", "also the best polynomial of each degree, on what was fitted to and on what was held out")
    .option("--no-chart", "draw nothing here");

/** Of a regression that is ready. */
export async function showRegression({ client, print }: Session, id: string, options: ShowOptions): Promise<void> {
  const { svg, gif, every, degrees = false, chart = true } = options;
  const result = await client.call("getRegressionResult", { params: { id } });
  const drawn = chart ? `\n\n${drawHere(regressionCharts(result))}` : "";
  print.answer(result, describeRegression(result, { every, degrees }) + drawn);
  if (svg) await save(svg, animateRegression(result));
  if (gif) {
    // It loads an image library, which nothing else here needs.
    const { drawGif } = await import("./local/gif/draw-gif.ts");
    await save(gif, await drawGif(framesOf(result)));
  }
  async function save(file: string, content: string | Uint8Array): Promise<void> {
    await writeFile(file, content);
    print.note(`saved ${file}`);
  }
}
