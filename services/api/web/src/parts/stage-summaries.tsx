import type { EpochRow, Model } from "@ursa/contracts/model";
import { loss, percent, seconds } from "../wording.ts";

/** What each finished stage is worth, by the weights that were kept. */
export function StageSummaries({ model: { stages, epochs } }: { model: Model }) {
  if (stages.length === 0) return null;
  return (
    <section className="cards" aria-label="Stages">
      {stages.map(({ name, errorRate, validLoss, seconds: took, engines = [] }) => (
        <div key={name} className="panel">
          <h2>{name.replace("-", " ")}</h2>
          <p className="figure">
            {percent(errorRate)} <span>wrong</span>
          </p>
          <p className="quiet">
            {intervalOf(epochs.findLast((row) => row.stage === name && row.errorRate === errorRate))} Validation loss{" "}
            {loss(validLoss)}, trained in {seconds(took)}
            {engines.length > 0 ? ` with the engine ${engines.join(", then ")}` : ""}.
          </p>
        </div>
      ))}
    </section>
  );
}

const intervalOf = (row: EpochRow | undefined): string =>
  row
    ? `${row.wrong} of ${row.validCount} validation pictures; 95 % interval ${percent(row.errorRateLow)} to ${percent(row.errorRateHigh)}.`
    : "";
