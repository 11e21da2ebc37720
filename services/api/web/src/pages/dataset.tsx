// One dataset: how its URLs are faring, and then its pictures.
import type { Dataset } from "@ursa/contracts/dataset";
import { splitSchema } from "@ursa/contracts/dataset";
import { FAILED_OUTCOMES, itemOutcomeSchema } from "@ursa/contracts/outcomes";
import { isFinal } from "@ursa/contracts/record";
import { suspicionSchema } from "@ursa/contracts/suspect";
import { useEffect, useState } from "react";
import { newestInspectionOf } from "../newest-first.ts";
import { CancelButton } from "../parts/cancel-button.tsx";
import { ClassCountsTable } from "../parts/class-counts.tsx";
import { Description } from "../parts/description.tsx";
import { DownloadButton } from "../parts/download-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { ItemBrowser } from "../parts/item-browser.tsx";
import { countFailed, ItemFilters } from "../parts/item-filters.tsx";
import { ItemGrid } from "../parts/item-grid.tsx";
import { ItemList } from "../parts/item-list.tsx";
import { Meter } from "../parts/meter.tsx";
import { RecordError } from "../parts/record-error.tsx";
import { RecordTitle } from "../parts/record-title.tsx";
import { RetrainButton } from "../parts/retrain-button.tsx";
import { RetryFailed } from "../parts/retry-failed.tsx";
import { ShownBatch } from "../parts/shown-batch.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { Versions } from "../parts/versions.tsx";
import { goTo, hrefTo, type PageProps } from "../router.ts";
import { useAnswer } from "../use-answer.ts";
import { type ItemFilter, useItems } from "../use-items.ts";
import { type Live, useRecord } from "../use-record.ts";
import { counted } from "../wording.ts";

export function DatasetPage({ params, query }: PageProps) {
  const { value, problem, reload, live } = useRecord("dataset", params.id ?? "");
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={10} />;
  return (
    <>
      <Heading dataset={value} onChanged={reload} />
      {isFinal(value.state) ? null : <UnderWay dataset={value} live={live} />}
      {value.counts ? <ClassCountsTable classes={value.counts.classes} /> : null}
      {value.manifest ? <RetryFailed dataset={value} /> : null}
      {value.manifest ? <Versions dataset={value} /> : null}
      {value.manifest ? (
        <Pictures dataset={value} asked={filterOf(query)} named={query.get("item") ?? undefined} />
      ) : null}
    </>
  );
}

function Heading({ dataset, onChanged }: { dataset: Dataset; onChanged(): void }) {
  const { id, state, counts, listed, error } = dataset;
  const failed = countFailed(counts?.outcomes ?? {});
  return (
    <>
      <RecordTitle record={dataset}>
        {state === "ready" ? <ReadyActions dataset={dataset} /> : null}
        {isFinal(state) ? null : (
          <CancelButton onDone={onChanged} act={(client) => client.call("cancelDataset", { params: { id } })} />
        )}
      </RecordTitle>
      <p className="lead">
        {counted(listed, "URL")} listed
        {counts ? `, ${counted(counts.outcomes.ok ?? 0, "usable picture")}, ${counted(failed, "failure")}` : ""}.{" "}
        {dataset.manifest ? (
          <DownloadButton name={`${id}.csv`} get={(client) => client.call("getReport", { params: { id } })}>
            Report of every URL (CSV)
          </DownloadButton>
        ) : null}
      </p>
      <Description kind="dataset" record={dataset} onChanged={onChanged} />
      <RecordError error={error} />
    </>
  );
}

/** Of a version that was made of another, the run of that other is the one to be compared with. */
function ReadyActions({ dataset }: { dataset: Dataset }) {
  const { id, parent } = dataset;
  return (
    <>
      {parent ? <RetrainButton dataset={dataset} parent={parent.id} /> : null}
      <a className={parent ? "button second" : "button"} href={hrefTo("/train", { dataset: id })}>
        Train on it
      </a>
      <a className="button second" href={hrefTo(`/datasets/${id}/clean`)}>
        Clean
      </a>
      <a className="button second" href={hrefTo(`/datasets/${id}/add`)}>
        Add pictures
      </a>
    </>
  );
}

function UnderWay({ dataset, live }: { dataset: Dataset; live: Live }) {
  const { progress } = dataset;
  return (
    <>
      <Meter progress={live.progress ?? progress} />
      {progress?.classes ? <ClassCountsTable classes={progress.classes} /> : null}
    </>
  );
}

/** What another page asked to see first. */
function filterOf(query: URLSearchParams): ItemFilter {
  return {
    class: query.get("class") ?? undefined,
    split: splitSchema.safeParse(query.get("split")).data,
    outcome: itemOutcomeSchema.safeParse(query.get("outcome")).data,
    suspicion: suspicionSchema.safeParse(query.get("suspicion")).data,
  };
}

const isFailure = (outcome: ItemFilter["outcome"]) =>
  outcome === "failed" || (outcome !== undefined && FAILED_OUTCOMES.has(outcome));

/** `named` is the key of the item that the address opens. */
type PicturesProps = { dataset: Dataset; asked: ItemFilter; named: string | undefined };

function Pictures({ dataset, asked, named }: PicturesProps) {
  const [filter, setFilter] = useState(asked);
  const { class: name, split, outcome, suspicion } = asked;
  // A link on this page leads to what it names, whatever was chosen since.
  useEffect(() => setFilter({ class: name, split, outcome, suspicion }), [name, split, outcome, suspicion]);
  const inspected = useAnswer(`inspection of ${dataset.id}`, async (client, signal) => ({
    newest: await newestInspectionOf(client, dataset, { signal, state: "ready" }),
  }));
  const inspection = inspected.value?.newest;
  const [open, setOpen] = useState<number>();
  const items = useItems(dataset.id, filter, inspection?.id);
  const item = open === undefined ? undefined : items.items[open];
  const step = (by: number) => setOpen((at = 0) => Math.max(0, Math.min(items.items.length - 1, at + by)));
  return (
    <section aria-label="Items">
      <ItemFilters dataset={dataset} found={inspection?.summary} filter={filter} onChange={setFilter} />
      {filter.split === "test" || isFailure(filter.outcome) ? null : (
        <ShownBatch dataset={dataset.id} class={filter.class} split={filter.split} />
      )}
      {items.problem ? <ErrorNote problem={items.problem} /> : null}
      {items.isComplete && items.items.length === 0 ? <Empty>No item is like that.</Empty> : null}
      {isFailure(filter.outcome) ? (
        <ItemList items={items} />
      ) : (
        <ItemGrid key={JSON.stringify(filter)} dataset={dataset.id} items={items} onOpen={setOpen} />
      )}
      <ItemBrowser
        dataset={dataset.id}
        item={item?.key ?? named}
        known={item}
        {...(item ? { onStep: step } : {})}
        onClose={() => (item ? setOpen(undefined) : goTo(`/datasets/${dataset.id}`, { ...asked }))}
      />
    </section>
  );
}
