import type { Finder, Model } from "@ursa/contracts/model";
import { formWith } from "../chosen-rate.ts";
import { hrefTo } from "../router.ts";
import { rate } from "../wording.ts";
import { Chart } from "./chart.tsx";

/** Loss by learning rate, and the rates that the finder suggests: a click takes one into the form. */
export function FinderPlot({ model, finder }: { model: Model; finder: Finder }) {
  const { points, suggestions, layers } = finder;
  const suggested = suggestions ? Object.entries(suggestions) : [];
  return (
    <div>
      <Chart
        label={`Learning-rate finder: loss of ${layers === "head" ? "the head" : "the whole network"} at growing rates`}
        term="learning-rate finder"
        xLabel="learning rate"
        isLogX
        x={points.map(({ learningRate }) => learningRate)}
        marks={suggested.map(([label, x]) => ({ x, label }))}
        lines={[{ label: "loss, smoothed", colour: "accent", values: points.map(({ smoothedLoss }) => smoothedLoss) }]}
      />
      {suggestions ? null : <p className="quiet">The loss burst before there was a slope, so nothing is suggested.</p>}
      <p className="actions">
        {suggested.map(([label, value]) => (
          <a key={label} className="button second" href={hrefTo("/train", formWith(model, layers, value))}>
            Train with {rate(value)} ({label})
          </a>
        ))}
      </p>
    </div>
  );
}
