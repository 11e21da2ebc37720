// `ursa model plot`: curves of a training run, on the terminal or in a file.
import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { connect, type Session } from "../connect.ts";
import { examples } from "../examples.ts";
import { Failure } from "../failure.ts";
import type { Plot } from "../plot/chart.ts";
import { writeCsv } from "../plot/csv.ts";
import { drawHere } from "../plot/draw-here.ts";
import { finderPlot, lossesPlot, ratesPlot } from "../plot/model-plots.ts";
import { drawSvg } from "../plot/svg-chart.ts";

type PlotOptions = { losses?: boolean; lr?: boolean; finder?: boolean; out?: string };

export const plotCommand = () =>
  new Command("plot")
    .description("draw a training run's losses, its learning rates or what the learning-rate finder saw")
    .argument("<model>")
    .option("--losses", "train and valid loss and the error rate, by epoch (what is drawn without an option)")
    .option("--lr", "learning rate and momentum, by step")
    .option("--finder", "loss by learning rate, with the finder's suggestions")
    .option("--out <file>", "write FILE.svg or FILE.csv instead of drawing here")
    .addHelpText(...examples("ursa model plot mdl_01J…", "ursa model plot mdl_01J… --finder --out finder.svg"))
    .action(async (id: string, options: PlotOptions, command: Command) => {
      const session = connect(command);
      const plot = await readPlot(session, id, options);
      if (options.out) return save(session, plot, options.out);
      session.print.answer(plot, drawHere(plot.charts));
    });

async function readPlot({ client }: Session, id: string, { losses, lr, finder }: PlotOptions): Promise<Plot> {
  if ([losses, lr, finder].filter(Boolean).length > 1)
    throw new Failure("Plot one thing at a time: --losses, --lr or --finder.", { exitCode: 2 });
  if (!lr && !finder) return lossesPlot(await client.call("getModel", { params: { id } }));
  const curve = await client.call("getLrCurve", { params: { id } });
  return lr ? ratesPlot(id, curve) : finderPlot(id, curve);
}

async function save({ print }: Session, plot: Plot, out: string): Promise<void> {
  const ending = out.toLowerCase().split(".").at(-1);
  if (ending !== "svg" && ending !== "csv")
    throw new Failure(`${out} ends in neither .svg nor .csv, which are what a plot is written as.`, { exitCode: 2 });
  await writeFile(out, ending === "svg" ? drawSvg(plot.charts) : writeCsv(plot.table));
  print.note(`saved ${out}`);
}
