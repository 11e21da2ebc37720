import type { Progress } from "@ursa/contracts/record";
import { useEffect, useState } from "react";
import { Chart } from "./chart.tsx";

type Point = { step: number; loss: number; learningRate: number | null };
type Curve = { stage: string; points: Point[] };

/** The smoothed loss and the learning rate of this stage's batches, as long as one looks: the record keeps epochs only. */
export function LiveLoss({ progress }: { progress: Progress | undefined }) {
  const [{ stage, points }, setCurve] = useState<Curve>({ stage: "", points: [] });
  useEffect(() => {
    const point = progress && pointOf(progress);
    if (!point) return;
    const name = `${progress.phase} ${progress.stage ?? ""}`;
    setCurve((before) => ({ stage: name, points: before.stage === name ? withPoint(before.points, point) : [point] }));
  }, [progress]);
  if (points.length < 2) return null;
  return (
    <Chart
      label={`Loss of the batches, smoothed, and their learning rate${stage.startsWith("train") ? `, ${stage.slice(6).replace("-", " ")}` : ""}`}
      x={points.map(({ step }) => step)}
      xLabel="step"
      lines={[
        { label: "loss", colour: "accent", values: points.map(({ loss }) => loss) },
        ...(points.some(({ learningRate }) => learningRate !== null)
          ? [
              {
                label: "rate",
                colour: "third" as const,
                isDashed: true,
                axis: "right" as const,
                values: points.map((point) => point.learningRate),
              },
            ]
          : []),
      ]}
    />
  );
}

function pointOf({ loss, epoch, batch, batches, learningRate }: Progress): Point | undefined {
  if (loss === undefined || epoch === undefined || batch === undefined || batches === undefined) return undefined;
  return { step: (epoch - 1) * batches + batch, loss, learningRate: learningRate ?? null };
}

/** A job that is taken up again repeats steps. */
const withPoint = (points: Point[], point: Point): Point[] => [
  ...points.filter(({ step }) => step < point.step),
  point,
];
