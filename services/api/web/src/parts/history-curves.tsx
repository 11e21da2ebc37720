import type { EpochRow } from "@ursa/contracts/model";
import { Chart } from "./chart.tsx";

/** Losses and error over all epochs; stage 2 goes on where stage 1 ended. */
export function HistoryCurves({ epochs }: { epochs: readonly EpochRow[] }) {
  const x = epochs.map((_, at) => at + 1);
  const second = epochs.findIndex(({ stage }) => stage === "stage-2");
  const marks = second > 0 ? [{ x: second + 0.5, label: "stage 2" }] : [];
  return (
    <>
      <Chart
        label="Losses by epoch"
        xLabel="epoch"
        x={x}
        marks={marks}
        lines={[
          { label: "train", colour: "second", isDashed: true, values: epochs.map((row) => row.trainLoss) },
          { label: "train, evaluated", colour: "second", values: epochs.map((row) => row.trainLossEval) },
          { label: "valid", colour: "accent", values: epochs.map((row) => row.validLoss) },
        ]}
      />
      <Chart
        label="Error rate on validation pictures, with its 95 % interval"
        xLabel="epoch"
        x={x}
        marks={marks}
        percentY
        lines={[
          { label: "error", colour: "accent", values: epochs.map((row) => row.errorRate) },
          { label: "low", colour: "third", isDashed: true, values: epochs.map((row) => row.errorRateLow) },
          { label: "high", colour: "third", isDashed: true, values: epochs.map((row) => row.errorRateHigh) },
        ]}
      />
      {epochs.some(({ gradientNorm }) => gradientNorm) ? (
        <Chart
          label="Norm of the gradients, before clipping"
          xLabel="epoch"
          x={x}
          marks={marks}
          lines={[
            { label: "mean", colour: "accent", values: epochs.map(({ gradientNorm }) => gradientNorm?.mean ?? null) },
            {
              ...{ label: "largest", colour: "third", isDashed: true },
              values: epochs.map(({ gradientNorm }) => gradientNorm?.largest ?? null),
            },
          ]}
        />
      ) : null}
    </>
  );
}
