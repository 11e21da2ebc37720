// Cleaning a dataset: what is worth a look in it, and what a person says of it, until that becomes a new version.
import type { Client } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Inspection } from "@ursa/contracts/inspection";
import { isFinal } from "@ursa/contracts/record";
import { type Suspicion, sayOfNoise, suspicionSchema } from "@ursa/contracts/suspect";
import { newestInspectionOf } from "../newest-first.ts";
import { CancelButton } from "../parts/cancel-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Meter } from "../parts/meter.tsx";
import { RecordError } from "../parts/record-error.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { Term } from "../parts/term.tsx";
import { WorthALook } from "../parts/worth-a-look.tsx";
import { hrefTo, type PageProps } from "../router.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { useRecord } from "../use-record.ts";
import { counted } from "../wording.ts";

export function CleanPage({ params: { id = "" }, query }: PageProps) {
  const { value, problem, reload } = useAnswer(`clean ${id}`, async (client, signal) => {
    const dataset = await client.call("getDataset", { params: { id }, signal });
    return { dataset, inspection: await inspectionOf(client, dataset, signal) };
  });
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={10} />;
  const { dataset, inspection } = value;
  const reason = suspicionSchema.safeParse(query.get("reason")).data;
  return (
    <>
      <h1>Clean {dataset.name ?? "a dataset"}</h1>
      <p className="lead">
        <a href={hrefTo(`/datasets/${id}`)}>Dataset {id}</a>, version {dataset.version}. Nothing in it changes: what you
        decide here is kept in its draft, and a commit makes the next version of it.
      </p>
      <Inspected
        // A link to another reason begins with that one.
        key={`${inspection.id} ${reason}`}
        dataset={dataset}
        id={inspection.id}
        reason={reason}
        onAgain={reload}
      />
    </>
  );
}

/** The newest of the dataset, which never changes; the first, where there is none yet. */
async function inspectionOf(client: Client, dataset: Dataset, signal: AbortSignal): Promise<Inspection> {
  const newest = await newestInspectionOf(client, dataset, { signal });
  return newest ?? client.call("createInspection", { body: { dataset: dataset.id }, signal });
}

type InspectedProps = {
  dataset: Dataset;
  id: string;
  /** What another page asked to see first. */
  reason: Suspicion | undefined;
  onAgain(): void;
};

function Inspected({ dataset, id, reason, onAgain }: InspectedProps) {
  const { value, problem, reload, live } = useRecord("inspection", id);
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={8} />;
  if (!isFinal(value.state))
    return (
      <section aria-label="Progress">
        <p>
          Looking at every picture. No <Term of="model">model</Term> is needed for it.
        </p>
        <Meter progress={live.progress ?? value.progress} />
        <CancelButton onDone={reload} act={(client) => client.call("cancelInspection", { params: { id } })} />
      </section>
    );
  if (value.state !== "ready") return <Ended dataset={dataset.id} inspection={value} onAgain={onAgain} />;
  const { count = 0, suspects = 0, unread = 0, directionalNoise = [] } = value.summary ?? {};
  return (
    <>
      <p className="lead">
        {suspects} of {counted(count, "picture")} {suspects === 1 ? "is" : "are"} worth a look, what helps most first.
        {unread > 0 ? ` ${counted(unread, "picture")} could not be read.` : ""}
      </p>
      {directionalNoise.map((pair) => (
        <p key={`${pair.actual} ${pair.given}`} className="note">
          {sayOfNoise(pair)}
        </p>
      ))}
      {suspects === 0 ? (
        <Empty>
          Nothing to clean. <a href={hrefTo("/train", { dataset: dataset.id })}>Train on it</a>.
        </Empty>
      ) : null}
      <WorthALook dataset={dataset} inspection={value} reason={reason} />
    </>
  );
}

type EndedProps = { dataset: string; inspection: Inspection; onAgain(): void };

/** Failed or cancelled: whether to look once more is for a person to say. */
function Ended({ dataset, inspection, onAgain }: EndedProps) {
  const again = useAction(async (client) => {
    await client.call("createInspection", { body: { dataset } });
    onAgain();
  });
  return (
    <>
      {inspection.error ? <RecordError error={inspection.error} /> : <Empty>The inspection was cancelled.</Empty>}
      <button type="button" disabled={again.isRunning} onClick={() => again.run()}>
        Look again
      </button>
      {again.problem ? <ErrorNote problem={again.problem} /> : null}
    </>
  );
}
