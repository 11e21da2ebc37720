import type { RecordError as Reason } from "@ursa/contracts/record";
import { remedyOf } from "./problem-words.ts";

/** Why a job failed, in its own words, and what to do. */
export function RecordError({ error }: { error: Reason | undefined }) {
  if (!error) return null;
  const remedy = remedyOf(error.code);
  return (
    <div className="note fault" role="alert">
      <p>{error.message}</p>
      {remedy ? <p>{remedy}</p> : null}
      <p>
        <a href={`docs#${error.code}`}>{error.code}</a>
      </p>
    </div>
  );
}
