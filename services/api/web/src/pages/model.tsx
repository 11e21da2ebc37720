// One model: its training as it goes on, what it is worth, its files, and what it is called by.
import type { Model } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";
import { ArtifactTable } from "../parts/artifact-table.tsx";
import { CancelButton } from "../parts/cancel-button.tsx";
import { Description } from "../parts/description.tsx";
import { Diagnosis } from "../parts/diagnosis.tsx";
import { EpochTable } from "../parts/epoch-table.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { FinderPlot } from "../parts/finder-plot.tsx";
import { HistoryCurves } from "../parts/history-curves.tsx";
import { Interpretation } from "../parts/interpretation.tsx";
import { LearningCurve } from "../parts/learning-curve.tsx";
import { AfterLesson } from "../parts/lesson-run.tsx";
import { LiveLoss } from "../parts/live-loss.tsx";
import { Meter } from "../parts/meter.tsx";
import { OtherRuns } from "../parts/other-runs.tsx";
import { Promote } from "../parts/promote.tsx";
import { RateCurves } from "../parts/rate-curves.tsx";
import { RecordError } from "../parts/record-error.tsx";
import { RecordTitle } from "../parts/record-title.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { StageSummaries } from "../parts/stage-summaries.tsx";
import { hrefTo, type PageProps } from "../router.ts";
import { type Live, useRecord } from "../use-record.ts";

export function ModelPage({ params, query }: PageProps) {
  const { value, problem, reload, live } = useRecord("model", params.id ?? "");
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={10} />;
  return (
    <>
      <Heading model={value} onChanged={reload} />
      {isFinal(value.state) ? null : <UnderWay model={value} live={live} />}
      {query.get("from") === "lesson" && value.state === "ready" ? (
        <AfterLesson model={value.id} dataset={value.dataset.id} />
      ) : null}
      <StageSummaries model={value} />
      {value.artifacts.length > 0 ? <Promote model={value} /> : null}
      {value.epochs.length > 0 ? <Diagnosis model={value} /> : null}
      {value.stages.map(({ name, learningCurve }) =>
        learningCurve ? <LearningCurve key={name} curve={learningCurve} /> : null,
      )}
      <Interpretation model={value} onAsked={reload} />
      <History model={value} />
      {isFinal(value.state) ? (
        <OtherRuns key={value.id} model={value} compared={query.get("with") ?? undefined} />
      ) : null}
      {value.artifacts.length > 0 ? <ArtifactTable model={value} /> : null}
    </>
  );
}

function Heading({ model, onChanged }: { model: Model; onChanged(): void }) {
  const { id, state, dataset, classes, error, notes = [], artifacts } = model;
  return (
    <>
      <RecordTitle record={model}>
        {artifacts.length > 0 ? (
          <a className="button" href={hrefTo("/try", { model: id })}>
            Try it
          </a>
        ) : null}
        {isFinal(state) ? null : (
          <CancelButton onDone={onChanged} act={(client) => client.call("cancelModel", { params: { id } })} />
        )}
      </RecordTitle>
      <p className="lead">
        Tells {classes.join(", ")} apart. Trained on{" "}
        <a href={hrefTo(`/datasets/${dataset.id}`)}>dataset {dataset.id}</a>, version {dataset.version}.
      </p>
      <Description kind="model" record={model} onChanged={onChanged} />
      {notes.map((note) => (
        <p key={note} className="note">
          {note}
        </p>
      ))}
      <RecordError error={error} />
    </>
  );
}

function UnderWay({ model, live }: { model: Model; live: Live }) {
  const progress = live.progress ?? model.progress;
  return (
    <section aria-label="Progress">
      <Meter progress={progress} />
      <LiveLoss progress={progress} />
    </section>
  );
}

function History({ model }: { model: Model }) {
  if (model.epochs.length === 0) return model.finder ? <FinderPlot model={model} finder={model.finder} /> : null;
  return (
    <section>
      <h2>History</h2>
      <div className="charts">
        <HistoryCurves epochs={model.epochs} />
        <RateCurves model={model} />
        {model.finder ? <FinderPlot model={model} finder={model.finder} /> : null}
      </div>
      <EpochTable epochs={model.epochs} />
    </section>
  );
}
