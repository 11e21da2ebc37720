// Gradient descent on a line or a polynomial: knobs, the fit and the way down as a film, and what the closed form says.
import type { RegressionOutcome, RegressionResult } from "@ursa/contracts/regression";
import { useMemo, useState } from "react";
import { usePlayer } from "../use-player.ts";
import { useRegressions } from "../use-regressions.ts";
import { DescentKnobs } from "./descent-knobs.tsx";
import { DegreesPlot, FitPlot, LossPlot, SurfacePlot, type Walk } from "./descent-plots.tsx";
import { type Knobs, LESSON_KNOBS, short, wantedBy } from "./descent-settings.ts";
import { DescentSteps } from "./descent-steps.tsx";
import { ErrorNote } from "./error-note.tsx";
import { Skeleton } from "./skeleton.tsx";
import { Term } from "./term.tsx";

const OUTCOMES: Record<RegressionOutcome, string> = {
  arrived: "It has arrived: 99 % of the way from the first loss down to the floor, or more.",
  "on-its-way": "It is still on its way: a higher rate or more steps would take it further.",
  diverged: "It diverged: the loss is above where it began.",
};

export function Descent() {
  const [knobs, setKnobs] = useState<Knobs>(LESSON_KNOBS);
  const { results, isRunning, problem } = useRegressions(wantedBy(knobs));
  return (
    <section aria-label="Gradient descent">
      <h2>Gradient descent</h2>
      <p className="lead">
        Training is this, with millions of <Term of="parameters" /> instead of two: measure the <Term of="loss" />, find
        its <Term of="gradient" />, go a step against it, and again. Without a change it is the lesson’s: a hundred
        points about y = 3x + 2, and <Term of="mean squared error" />.
      </p>
      <div className="lab">
        <DescentKnobs knobs={knobs} learningRate={results?.[0]?.learningRate} onChange={setKnobs} />
        <div aria-busy={isRunning}>
          {problem ? <ErrorNote problem={problem} /> : null}
          {results ? <Film results={results} /> : problem ? null : <Skeleton lines={6} />}
        </div>
      </div>
    </section>
  );
}

function Film({ results }: { results: RegressionResult[] }) {
  const [first, second] = results;
  const film = useMemo(() => results.map(({ regressionId }) => regressionId).join(), [results]);
  const last = Math.max(...results.map(({ steps }) => steps.length)) - 1;
  const { frame, isPlaying, toggle, show } = usePlayer(film, last);
  if (!first) return null;
  const walks: Walk[] = results.map((result, at) => ({ result, frame, isSecond: at > 0 }));
  return (
    <>
      <div className="player">
        <button type="button" className="second" onClick={toggle}>
          {isPlaying ? "Pause" : "Play"}
        </button>
        <label htmlFor="frame">Step {frame}</label>
        <input
          id="frame"
          type="range"
          min={0}
          max={last}
          value={frame}
          onChange={({ target }) => show(Number(target.value))}
        />
      </div>
      {walks.map(({ result, isSecond }) => (
        <p key={result.regressionId} className={isSecond ? "where second-ink" : "where accent-ink"}>
          {describeStep(result, frame)}
        </p>
      ))}
      <div className="charts">
        <FitPlot walks={walks} />
        {first.contours.length > 0 ? <SurfacePlot walks={walks} /> : null}
        <LossPlot walks={walks} />
        {first.degrees.length > 1 ? <DegreesPlot result={first} /> : null}
      </div>
      <Verdict result={first} />
      <DescentSteps results={second ? [first, second] : [first]} />
    </>
  );
}

function describeStep({ steps, degree, points, batchSize = points.length }: RegressionResult, frame: number): string {
  const row = steps[Math.min(frame, steps.length - 1)];
  const by = batchSize < points.length ? `Mini-batches of ${batchSize}` : "All points";
  if (!row) return by;
  const [slope = 0, intercept = 0] = row.parameters;
  const place = degree === 1 ? ` at slope ${short(slope)}, intercept ${short(intercept)}` : "";
  return `${by}: loss ${short(row.loss)}${place}`;
}

function Verdict({ result }: { result: RegressionResult }) {
  const { optimum, expected, degree, largestRate, outcome, learningRate, rescale, xScale } = result;
  const at = (parameters: number[]) => (degree < 4 ? ` at (${parameters.map(short).join(", ")})` : "");
  return (
    <>
      <p>
        <strong>{OUTCOMES[outcome]}</strong>
      </p>
      <p>
        Of these points the least loss is {short(optimum.loss)}
        {at(optimum.parameters)}, in closed form.
        {expected
          ? ` Of all points so drawn it is ${short(expected.loss)}${at(expected.parameters)}, in expectation.`
          : ""}{" "}
        Over all of them the largest rate that does not <Term of="diverge" /> is {short(largestRate)}
        {learningRate > largestRate ? `, and ${short(learningRate)} is above it` : ""}.
        {rescale ? ` Parameters are of (x − ${short(xScale.shift)}) / ${short(xScale.factor)}.` : ""}
      </p>
    </>
  );
}
