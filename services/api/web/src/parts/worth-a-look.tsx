// The list of an inspection, with what was decided before: loaded, and then gone through.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Draft } from "@ursa/contracts/edits";
import type { Inspection } from "@ursa/contracts/inspection";
import { type Suspicion, suspicionSchema } from "@ursa/contracts/suspect";
import { useState } from "react";
import { useAnswer } from "../use-answer.ts";
import { usePages } from "../use-pages.ts";
import { useReview } from "../use-review.ts";
import { count, words } from "../wording.ts";
import { CommitForm } from "./commit-form.tsx";
import { ErrorNote } from "./error-note.tsx";
import { Reviewing } from "./reviewing.tsx";
import { Skeleton } from "./skeleton.tsx";

type Props = {
  dataset: Dataset;
  inspection: Inspection;
  /** The one that is chosen at first, where there are any of it. */
  reason: Suspicion | undefined;
};

/** Far more than anybody looks at in a sitting. */
const PAGE = 200;

export function WorthALook(props: Props) {
  const { id } = props.dataset;
  const draft = useAnswer(`draft ${id}`, (client, signal) => client.call("getDraft", { params: { id }, signal }));
  if (draft.value) return <WithDraft {...props} draft={draft.value} />;
  return draft.problem ? <ErrorNote problem={draft.problem} onRetry={draft.reload} /> : <Skeleton lines={8} />;
}

function WithDraft({ dataset, inspection, reason, draft }: Props & { draft: Draft }) {
  const hasReason = reason && inspection.summary?.suspicions[reason];
  const [suspicion, setSuspicion] = useState(hasReason ? reason : undefined);
  const review = useReview(draft);
  const { id, summary } = inspection;
  const pages = usePages(`suspects ${id} ${suspicion}`, (client, place, signal) => {
    const query = { limit: PAGE, ...place, ...(suspicion ? { suspicion } : {}) };
    return client.call("listSuspects", { params: { id }, query, signal });
  });
  const total = (suspicion ? summary?.suspicions[suspicion] : summary?.suspects) ?? 0;
  const { saving, retry } = review;
  return (
    <>
      {summary?.suspects ? <ReasonChoice summary={summary} value={suspicion} onChange={setSuspicion} /> : null}
      {pages.problem ? <ErrorNote problem={pages.problem} onRetry={pages.retry} /> : null}
      {pages.items.length > 0 ? (
        <Reviewing
          key={suspicion ?? "all"}
          dataset={dataset}
          list={{ suspects: pages.items, total, isComplete: pages.isComplete, more: pages.more }}
          review={review}
        />
      ) : pages.problem || pages.isComplete ? null : (
        <Skeleton lines={8} />
      )}
      {saving.problem ? <ErrorNote problem={saving.problem} onRetry={retry} /> : null}
      <CommitForm dataset={dataset} review={review} />
    </>
  );
}

type ChoiceProps = {
  summary: Inspection["summary"];
  value: Suspicion | undefined;
  onChange(value: Suspicion | undefined): void;
};

function ReasonChoice({ summary, value, onChange }: ChoiceProps) {
  if (!summary) return null;
  return (
    <search className="filters" aria-label="Filter by reason">
      <label>
        Reason
        <select value={value ?? ""} onChange={({ target }) => onChange(suspicionSchema.safeParse(target.value).data)}>
          <option value="">all ({count(summary.suspects)})</option>
          {suspicionSchema.options
            .filter((name) => summary.suspicions[name])
            .map((name) => (
              <option key={name} value={name}>
                {words(name)} ({count(summary.suspicions[name] ?? 0)})
              </option>
            ))}
        </select>
      </label>
    </search>
  );
}
