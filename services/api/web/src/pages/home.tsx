// What is going on and what there is.
import type { Client } from "@ursa/contracts/client";
import { useState } from "react";
import { type LessonStep, startLesson } from "../lesson.ts";
import { Empty } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { LessonRun } from "../parts/lesson-run.tsx";
import { Queues } from "../parts/queues.tsx";
import { AliasTable, DatasetTable, ModelTable, PredictionTable } from "../parts/record-tables.tsx";
import { Running } from "../parts/running.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { hrefTo } from "../router.ts";
import { unfinishedJobs } from "../unfinished-jobs.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { useEvery } from "../use-every.ts";

const LOOK_EVERY_MS = 4000;
const RECENT = { limit: 10 };

async function lookAround(client: Client, signal: AbortSignal) {
  const query = RECENT;
  const [jobs, datasets, models, predictions, aliases] = await Promise.all([
    unfinishedJobs(client, signal),
    client.call("listDatasets", { query, signal }),
    client.call("listModels", { query, signal }),
    client.call("listPredictions", { query, signal }),
    client.call("listAliases", { signal }),
  ]);
  const recent = { datasets: datasets.items, models: models.items, predictions: predictions.items };
  return { jobs, ...recent, aliases: aliases.items };
}
type Surroundings = Awaited<ReturnType<typeof lookAround>>;

export function HomePage() {
  const { value, problem, reload } = useAnswer("home", lookAround);
  useEvery(LOOK_EVERY_MS, reload);
  const [step, setStep] = useState<LessonStep>({});
  const lesson = useAction((client) => startLesson(client, setStep));
  return (
    <>
      <div className="title">
        <h1>Home</h1>
        <a className="button" href={hrefTo("/datasets/new")}>
          New dataset
        </a>
      </div>
      {problem ? <ErrorNote problem={problem} onRetry={reload} /> : null}
      {lesson.problem ? <ErrorNote problem={lesson.problem} /> : null}
      {lesson.isRunning ? (
        <LessonRun {...step} />
      ) : value ? (
        <Overview {...value} onLesson={lesson.run} />
      ) : problem ? null : (
        <Skeleton lines={8} />
      )}
      <Queues />
    </>
  );
}

type OverviewProps = Surroundings & { onLesson(): void };

function Overview({ jobs, datasets, models, predictions, aliases, onLesson }: OverviewProps) {
  if (jobs.length + datasets.length + models.length + predictions.length + aliases.length === 0)
    return <Beginning onLesson={onLesson} />;
  return (
    <>
      <Running jobs={jobs} />
      <section>
        <h2>
          <a href={hrefTo("/models")}>Models</a>
        </h2>
        {models.length > 0 ? (
          <ModelTable models={models} />
        ) : (
          <Empty>
            None yet. <a href={hrefTo("/train")}>Train one</a> on a dataset that is ready.
          </Empty>
        )}
      </section>
      <section>
        <h2>Datasets</h2>
        {datasets.length > 0 ? (
          <DatasetTable datasets={datasets} />
        ) : (
          <Empty>
            None yet. <a href={hrefTo("/datasets/new")}>Make one</a> from lists of URLs.
          </Empty>
        )}
      </section>
      <section>
        <h2>Aliases</h2>
        {aliases.length > 0 ? (
          <AliasTable aliases={aliases} />
        ) : (
          <Empty>None yet. A model's page promotes it to one, and callers then name the alias.</Empty>
        )}
      </section>
      {predictions.length > 0 ? (
        <section>
          <h2>Batches</h2>
          <PredictionTable predictions={predictions} />
        </section>
      ) : null}
    </>
  );
}

const Beginning = ({ onLesson }: { onLesson(): void }) => (
  <Empty>
    <h2>From lists of picture URLs to a classifier</h2>
    <ol>
      <li>Collect URLs of pictures, one list per class: black bears, grizzlies, teddies.</li>
      <li>Make a dataset of them: Ursa fetches each URL and says what became of it.</li>
      <li>Train. With a few hundred pictures that takes a minute or two.</li>
      <li>Try it on a picture, and promote it to an alias that callers use.</li>
    </ol>
    <p>
      To see it first: the lesson trains on 90 bears that come with this page, drawn, of three kinds. It takes less than
      a minute on two cores.
    </p>
    <p className="actions">
      <button type="button" onClick={onLesson}>
        Start the lesson
      </button>
      <a className="button second" href={hrefTo("/datasets/new")}>
        Make the first dataset
      </a>
    </p>
  </Empty>
);
