import type { Dataset } from "@ursa/contracts/dataset";
import { goTo, hrefTo } from "../router.ts";
import { useAction } from "../use-answer.ts";
import { counted } from "../wording.ts";
import { ErrorNote } from "./error-note.tsx";
import { countFailed } from "./item-filters.tsx";

/** What gave no picture can be looked at, and tried once more: a new version, in which nothing else is fetched. */
export function RetryFailed({ dataset: { id, counts } }: { dataset: Dataset }) {
  const retry = useAction(async (client) => {
    const made = await client.call("retryDataset", { params: { id }, body: {} });
    goTo(`/datasets/${made.id}`);
  });
  const failed = countFailed(counts?.outcomes ?? {});
  if (failed === 0) return null;
  return (
    <>
      <p className="actions">
        <a href={hrefTo(`/datasets/${id}`, { outcome: "failed" })}>{counted(failed, "failure")} with reasons</a>
        <button type="button" className="second" disabled={retry.isRunning} onClick={() => retry.run()}>
          Retry only the failed
        </button>
      </p>
      {retry.problem ? <ErrorNote problem={retry.problem} /> : null}
    </>
  );
}
