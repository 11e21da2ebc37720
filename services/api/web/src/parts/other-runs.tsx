// A model beside other runs: their curves in one plot, and what changed from one of them to this one.
import type { Model } from "@ursa/contracts/model";
import { useState } from "react";
import { useAnswer } from "../use-answer.ts";
import { Comparison } from "./comparison.tsx";
import { ErrorNote } from "./error-note.tsx";
import { JournalTable } from "./journal-table.tsx";
import { FIRST_RUNS, MoreRuns } from "./more-runs.tsx";
import { MOST_RUNS, RunOverlay } from "./run-overlay.tsx";
import { Skeleton } from "./skeleton.tsx";

/** @param compared the model that the address names to be compared with */
export function OtherRuns({ model, compared }: { model: Model; compared: string | undefined }) {
  const { id, artifacts } = model;
  const [limit, setLimit] = useState(FIRST_RUNS);
  const { value, problem, reload } = useAnswer(`journal newest ${limit}`, (client, signal) =>
    client.call("getJournal", { query: { limit }, signal }),
  );
  const [chosen, setChosen] = useState<string[]>([id]);
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={3} />;
  const runs = value.items;
  return (
    <section>
      <h2>Beside other runs</h2>
      {artifacts.length > 0 ? <Comparison model={model} runs={runs} initially={compared} /> : null}
      <details>
        <summary>Curves of several runs in one plot</summary>
        <JournalTable runs={runs} chosen={chosen} most={MOST_RUNS} onChoose={setChosen} />
        <RunOverlay runs={runs} chosen={chosen} />
      </details>
      <MoreRuns shown={runs.length} limit={limit} onMore={setLimit} />
    </section>
  );
}
