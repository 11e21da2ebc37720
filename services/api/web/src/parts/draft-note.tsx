import type { Dataset } from "@ursa/contracts/dataset";
import { hrefTo } from "../router.ts";
import type { SavedReview } from "../use-review.ts";
import { counted } from "../wording.ts";
import { ErrorNote } from "./error-note.tsx";

/** That a dataset's draft stands, and where it becomes a version; nothing while it is empty and nothing is being saved. */
export function DraftNote({ dataset, review }: { dataset: Dataset; review: SavedReview }) {
  const { counts, saving, retry } = review;
  const all = Object.values(counts).reduce((sum, number) => sum + number, 0);
  if (saving.problem) return <ErrorNote problem={saving.problem} onRetry={retry} />;
  if (all === 0 && saving.waiting === 0) return null;
  return (
    <p className="note" role="status">
      {saving.waiting > 0
        ? "Saving …"
        : `${counted(all, "decision")} saved in the draft of version ${dataset.version}.`}{" "}
      <a href={hrefTo(`/datasets/${dataset.id}/clean`)}>Commit the draft on Clean</a>, which makes version{" "}
      {dataset.version + 1}.
    </p>
  );
}
