// The lab journal: every training run with its error and with what was changed for it; curves of the chosen ones in one plot.
import { RUN_ORDERS } from "@ursa/contracts/journal";
import { useState } from "react";
import { Empty } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Field } from "../parts/field.tsx";
import { JournalTable } from "../parts/journal-table.tsx";
import { FIRST_RUNS, MoreRuns } from "../parts/more-runs.tsx";
import { MOST_RUNS, RunOverlay } from "../parts/run-overlay.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { hrefTo } from "../router.ts";
import { useAnswer } from "../use-answer.ts";

type Order = (typeof RUN_ORDERS)[number];
const WORDS: Record<Order, string> = { newest: "newest first", error: "lowest error first" };

export function ModelsPage() {
  const [order, setOrder] = useState<Order>("newest");
  const [chosen, setChosen] = useState<string[]>([]);
  const [limit, setLimit] = useState(FIRST_RUNS);
  const { value, problem, reload } = useAnswer(`journal ${order} ${limit}`, (client, signal) =>
    client.call("getJournal", { query: { order, limit }, signal }),
  );
  const runs = value?.items;
  // Ids begin with the time of their making.
  const [older, newer] = chosen.toSorted();
  return (
    <>
      <h1>Models</h1>
      <p className="lead">
        Every training run, its error on validation pictures, and what was changed since the run before. Errors on other
        versions of a dataset are of other pictures: to compare two models, compare them on the same ones.
      </p>
      {problem ? <ErrorNote problem={problem} onRetry={reload} /> : null}
      {runs?.length === 0 ? (
        <Empty>
          No run yet. <a href={hrefTo("/train")}>Train</a> on a dataset that is ready.
        </Empty>
      ) : null}
      {!runs && !problem ? <Skeleton lines={6} /> : null}
      {runs && runs.length > 0 ? (
        <>
          <OrderChoice order={order} onChange={setOrder} />
          <JournalTable runs={runs} chosen={chosen} most={MOST_RUNS} onChoose={setChosen} />
          <MoreRuns shown={runs.length} limit={limit} onMore={setLimit} />
          <RunOverlay runs={runs} chosen={chosen} />
          {chosen.length === 2 && newer ? (
            <a className="button" href={hrefTo(`/models/${newer}`, { with: older })}>
              Compare the two
            </a>
          ) : null}
        </>
      ) : null}
    </>
  );
}

const OrderChoice = ({ order, onChange }: { order: Order; onChange(order: Order): void }) => (
  <Field id="order" label="Order">
    {/* The options are the orders. */}
    <select id="order" className="choice" value={order} onChange={({ target }) => onChange(target.value as Order)}>
      {RUN_ORDERS.map((one) => (
        <option key={one} value={one}>
          {WORDS[one]}
        </option>
      ))}
    </select>
  </Field>
);
