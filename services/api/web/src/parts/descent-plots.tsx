// Four looks at a regression: the fit over its points, the surface of the loss with the way down, the loss by step and by degree.
import { predictedAt, type RegressionResult, type RegressionStep } from "@ursa/contracts/regression";
import { short } from "./descent-settings.ts";
import { type Place, Plot, rangeOf } from "./plot.tsx";

/** A result as far as its film has come. */
export type Walk = { result: RegressionResult; frame: number; isSecond: boolean };

const inkOf = ({ isSecond }: Walk) => (isSecond ? "walk second-ink" : "walk accent-ink");
const rowOf = ({ result: { steps }, frame }: Walk) => steps[Math.min(frame, steps.length - 1)];
const untilNow = ({ result: { steps }, frame }: Walk) => steps.slice(0, frame + 1);

function Dots({
  points,
  place,
  className,
}: {
  points: readonly (readonly [number, number])[];
  place: Place;
  className: string;
}) {
  const path = points.map(([x, y]) => `M${place(x, y)}h0`).join("");
  return <path className={className} d={path} />;
}

export function FitPlot({ walks }: { walks: Walk[] }) {
  const [first] = walks;
  if (!first) return null;
  const { points, heldOut, grid, degrees, degree } = first.result;
  const all = [...points, ...heldOut];
  const best = degrees.find((one) => one.degree === degree)?.values ?? [];
  const curve = (row: RegressionStep | undefined, place: Place) =>
    grid.map((x) => place(x, predictedAt(first.result, row?.parameters ?? [], x))).join(" ");
  return (
    <Plot
      label="The fit, and dashed the best one; pale points are held out"
      xLabel="x"
      yLabel="y"
      x={rangeOf(all.map(([x]) => x))}
      y={rangeOf(all.map(([, y]) => y))}
    >
      {(place) => (
        <>
          <Dots className="dots pale" points={heldOut} place={place} />
          <Dots className="dots" points={points} place={place} />
          <polyline className="best" points={grid.map((x, at) => place(x, best[at] ?? 0)).join(" ")} />
          {walks.map((walk) => (
            <polyline
              key={walk.result.regressionId}
              className={`${inkOf(walk)} bold`}
              points={curve(rowOf(walk), place)}
            />
          ))}
        </>
      )}
    </Plot>
  );
}

export function SurfacePlot({ walks }: { walks: Walk[] }) {
  const { contours = [], optimum } = walks[0]?.result ?? {};
  const places = contours.flatMap(({ points }) => points);
  const [slope = 0, intercept = 0] = optimum?.parameters ?? [];
  return (
    <Plot
      label={`The loss by slope and intercept, from ${short(contours[0]?.loss ?? 0)} at the rim down to ${short(optimum?.loss ?? 0)} at the cross`}
      xLabel="slope"
      yLabel="intercept"
      x={rangeOf(places.map(([x]) => x))}
      y={rangeOf(places.map(([, y]) => y))}
    >
      {(place) => (
        <>
          {contours.map(({ loss, points }) => (
            <polygon key={loss} className="contour" points={points.map(([x, y]) => place(x, y)).join(" ")} />
          ))}
          <path className="cross" d={`M${place(slope, intercept)}m-6 0h12m-6-6v12`} />
          {walks.map((walk) => (
            <Way key={walk.result.regressionId} walk={walk} at={({ parameters: [a = 0, b = 0] }) => place(a, b)} />
          ))}
        </>
      )}
    </Plot>
  );
}

/** Where it has been, and where it is. */
function Way({ walk, at }: { walk: Walk; at(row: RegressionStep): string }) {
  const row = rowOf(walk);
  return (
    <>
      <polyline className={inkOf(walk)} points={untilNow(walk).map(at).join(" ")} />
      {row ? <path className={`${inkOf(walk)} here`} d={`M${at(row)}h0`} /> : null}
    </>
  );
}

/** The exponent of 10; a loss of 0 is drawn as the smallest there is. */
const logOf = (loss: number) => Math.log10(Math.max(loss, 1e-12));

export function LossPlot({ walks }: { walks: Walk[] }) {
  const losses = walks.flatMap(({ result }) => result.steps.map(({ loss }) => logOf(loss)));
  const last = Math.max(...walks.map(({ result }) => result.steps.length - 1));
  return (
    <Plot label="Loss by step" xLabel="step" yLabel="loss" x={[0, last]} y={rangeOf(losses)} isLogY>
      {(place) =>
        walks.map((walk) => (
          <Way key={walk.result.regressionId} walk={walk} at={({ step, loss }) => place(step, logOf(loss))} />
        ))
      }
    </Plot>
  );
}

export function DegreesPlot({ result: { degrees, heldOut } }: { result: RegressionResult }) {
  const held = heldOut.length > 0 ? degrees.map((one) => ({ ...one, loss: one.heldOutLoss ?? 0 })) : [];
  const all = [...degrees.map(({ trainLoss }) => logOf(trainLoss)), ...held.map(({ loss }) => logOf(loss))];
  const least = held.reduce<(typeof held)[number] | undefined>(
    (best, one) => (best && best.loss <= one.loss ? best : one),
    undefined,
  );
  const says = least ? `; held out, in blue, it is least at degree ${least.degree}` : "";
  return (
    <Plot
      label={`The best polynomial’s loss by degree${says}`}
      xLabel="degree"
      yLabel="loss"
      x={[1, degrees.length]}
      y={rangeOf(all)}
      isLogY
    >
      {(place) => (
        <>
          <polyline
            className="walk accent-ink"
            points={degrees.map((one) => place(one.degree, logOf(one.trainLoss))).join(" ")}
          />
          <polyline
            className="walk second-ink"
            points={held.map((one) => place(one.degree, logOf(one.loss))).join(" ")}
          />
        </>
      )}
    </Plot>
  );
}
