import type { Dataset } from "@ursa/contracts/dataset";
import { EDIT_ACTIONS } from "@ursa/contracts/edits";
import { useRef, useState } from "react";
import { goTo } from "../router.ts";
import { useAction } from "../use-answer.ts";
import type { SavedReview } from "../use-review.ts";
import { count, counted } from "../wording.ts";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";

type Props = { dataset: Dataset; review: SavedReview };

/** What was decided becomes the next version of the dataset, and its page is gone to. */
export function CommitForm({ dataset, review }: Props) {
  const { counts, saving } = review;
  const [note, setNote] = useState("");
  // What was made stays made when its note cannot be written at once.
  const made = useRef<string>(undefined);
  const commit = useAction(async (client) => {
    made.current ??= (await client.call("commitDataset", { params: { id: dataset.id }, body: {} })).id;
    const params = { id: made.current };
    if (note.trim()) await client.call("describeDataset", { params, body: { note: note.trim() } });
    goTo(`/datasets/${params.id}`);
  });
  const all = EDIT_ACTIONS.reduce((sum, action) => sum + (counts[action] ?? 0), 0);
  const text = EDIT_ACTIONS.flatMap((action) => (counts[action] ? `${count(counts[action])} ${action}` : [])).join(
    ", ",
  );
  const isIdle = all === 0 || saving.waiting > 0;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        commit.run();
      }}
    >
      <h2>Commit</h2>
      <p aria-live="polite">
        {all === 0
          ? "Nothing was decided yet."
          : `${counted(all, "decision")}: ${text}. They make version ${dataset.version + 1}; no picture changes its side of the split.`}
      </p>
      <Field id="note" label="Note" help="What was done, for whoever comes later; may be left empty.">
        <input
          id="note"
          maxLength={2000}
          autoComplete="off"
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
      </Field>
      {commit.problem ? <ErrorNote problem={commit.problem} /> : null}
      <div className="actions">
        <button type="submit" disabled={isIdle || commit.isRunning}>
          Commit as version {dataset.version + 1}
        </button>
        <DiscardButton dataset={dataset} review={review} decisions={isIdle ? 0 : all} />
      </div>
    </form>
  );
}

/** `decisions`: how many there are to be discarded now. */
function DiscardButton({ dataset: { id }, review, decisions }: Props & { decisions: number }) {
  const discard = useAction(async (client) => {
    if (!confirm(`Discard ${counted(decisions, "decision")}? They cannot be had back.`)) return;
    await client.call("discardDraft", { params: { id } });
    review.clear();
  });
  return (
    <>
      <button
        type="button"
        className="second"
        disabled={decisions === 0 || discard.isRunning}
        onClick={() => discard.run()}
      >
        Discard all decisions
      </button>
      {discard.problem ? <ErrorNote problem={discard.problem} /> : null}
    </>
  );
}
