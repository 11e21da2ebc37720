import { MOST_JOURNAL_RUNS } from "@ursa/contracts/journal";
import { count } from "../wording.ts";

export const FIRST_RUNS = 200;

type Props = { shown: number; limit: number; onMore(limit: number): void };

/** What a journal of `limit` runs may lack, and a way to it; nothing where it has all. */
export function MoreRuns({ shown, limit, onMore }: Props) {
  if (shown < limit) return null;
  if (limit >= MOST_JOURNAL_RUNS)
    return <p className="quiet">No more than the newest {count(limit)} runs are listed.</p>;
  return (
    <p className="actions">
      <span className="quiet">{count(shown)} runs are listed, and there may be more.</span>
      <button type="button" className="second" onClick={() => onMore(MOST_JOURNAL_RUNS)}>
        List up to {count(MOST_JOURNAL_RUNS)}
      </button>
    </p>
  );
}
