import type { Finder, Model } from "@ursa/contracts/model";
import { hrefTo } from "../router.ts";
import { rate } from "../wording.ts";
import { Chart } from "./chart.tsx";

/** Stage 2's head rate where nobody says otherwise: a tenth of stage 1's. */
const STAGE_2_SHARE = 10;

/** Loss by learning rate, and the rates that the finder suggests: a click takes one into the form. */
export function FinderPlot({ model, finder }: { model: Model; finder: Finder }) {
  const { points, suggestions, layers } = finder;
  const suggested = suggestions ? Object.entries(suggestions) : [];
  return (
    <div>
      <Chart
        label={`Learning-rate finder: loss of ${layers === "head" ? "the head" : "the whole network"} at growing rates`}
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

/** Of the head alone it is stage 1's rate, of the whole network that of stage 2's lowest layers. */
function formWith({ dataset, recipe }: Model, layers: Finder["layers"], value: number): Record<string, string> {
  const chosen = String(Number(value.toPrecision(2)));
  if (layers === "head") return { dataset: dataset.id, "stage1.learningRate": chosen };
  const upper = recipe.stage2.rates?.upper ?? recipe.stage1.learningRate / STAGE_2_SHARE;
  return {
    dataset: dataset.id,
    "stage2.rates.lower": chosen,
    "stage2.rates.upper": String(Math.max(upper, Number(chosen))),
  };
}
