// Curves of several runs in one plot.
import type { JournalRow } from "@ursa/contracts/journal";
import type { EpochRow } from "@ursa/contracts/model";
import { useAnswer } from "../use-answer.ts";
import { Chart, type Line, SERIES } from "./chart.tsx";
import { ErrorNote } from "./error-note.tsx";

/** More lines than these cannot be told apart. */
export const MOST_RUNS = SERIES.length;

type Run = { name: string; epochs: EpochRow[] };

export function RunOverlay({ runs, chosen }: { runs: readonly JournalRow[]; chosen: readonly string[] }) {
  const { value, problem, reload } = useAnswer(`histories ${chosen.join(" ")}`, (client, signal) =>
    Promise.all(
      chosen.map(async (id): Promise<Run> => {
        const { epochs } = await client.call("getHistory", { params: { id }, signal });
        return { name: runs.find(({ model }) => model === id)?.name ?? `…${id.slice(-6)}`, epochs };
      }),
    ),
  );
  if (problem) return <ErrorNote problem={problem} onRetry={reload} />;
  if (!value || value.length === 0) return null;
  const longest = Math.max(...value.map(({ epochs }) => epochs.length));
  const x = Array.from({ length: longest }, (_, at) => at + 1);
  const lines = (tell: (row: EpochRow) => number | null): Line[] =>
    value.map(({ name, epochs }, at) => ({
      ...{ label: name, colour: SERIES[at] ?? "accent" },
      values: x.map((_, epoch) => (epochs[epoch] ? tell(epochs[epoch]) : null)),
    }));
  return (
    <div className="charts">
      <Chart label="Train loss of the chosen runs" xLabel="epoch" x={x} lines={lines((row) => row.trainLoss)} />
      <Chart label="Valid loss of the chosen runs" xLabel="epoch" x={x} lines={lines((row) => row.validLoss)} />
      <Chart
        label="Error rate of the chosen runs"
        xLabel="epoch"
        x={x}
        percentY
        lines={lines((row) => row.errorRate)}
      />
    </div>
  );
}
