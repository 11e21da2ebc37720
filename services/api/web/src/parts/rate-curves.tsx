import type { Model } from "@ursa/contracts/model";
import { useAnswer } from "../use-answer.ts";
import { Chart } from "./chart.tsx";

/** The learning rate and the momentum that each step had. */
export function RateCurves({ model: { id, epochs } }: { model: Model }) {
  const { value } = useAnswer(`rates ${id} ${epochs.length}`, (client, signal) =>
    client.call("getLrCurve", { params: { id }, signal }),
  );
  return value?.schedule.map(({ stage, points }) => (
    <Chart
      key={stage}
      label={`Learning rate and momentum, ${stage.replace("-", " ")}`}
      xLabel="step"
      x={points.map(({ step }) => step)}
      lines={[
        { label: "rate of the head", colour: "accent", values: points.map(({ learningRate }) => learningRate) },
        ...(points.some(({ lowestRate }) => lowestRate !== undefined)
          ? [
              {
                label: "rate of the lowest layers",
                colour: "second" as const,
                values: points.map(({ lowestRate = null }) => lowestRate),
              },
            ]
          : []),
        {
          label: "momentum",
          colour: "third",
          isDashed: true,
          axis: "right",
          values: points.map(({ momentum }) => momentum),
        },
      ]}
    />
  ));
}
