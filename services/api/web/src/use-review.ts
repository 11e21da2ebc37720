// A review of a dataset that is saved as it goes.
import type { Draft, Edit, EditCounts } from "@ursa/contracts/edits";
import { useMemo, useState } from "react";
import { createEditSaver, type Saving } from "./edit-saver.ts";
import { decide, type Judged, type Review, reviewOf, takeBack, undo } from "./review.ts";
import { useLeaveWarning } from "./router.ts";
import { useClient } from "./session.ts";

export type SavedReview = Review & {
  /** Of the draft, as the API last answered. */
  counts: EditCounts;
  saving: Saving;
  retry(): void;
  decide(edits: readonly Edit[]): void;
  /** Nothing is said of the item any more. */
  takeBack(item: Pick<Judged, "key" | "outcome">): void;
  /** The draft was discarded. */
  clear(): void;
  /** @param isUsed by an item's key @returns the keys of the items that are open again */
  undo(isUsed: (key: string) => boolean): string[];
};

const UNSAVED = "Some of what you decided is not saved yet, and would be lost. Leave all the same?";

export function useReview(draft: Draft): SavedReview {
  const client = useClient();
  const [review, setReview] = useState(() => reviewOf(draft));
  const [counts, setCounts] = useState(draft.counts);
  const [saving, setSaving] = useState<Saving>({ waiting: 0 });
  const saver = useMemo(() => {
    const params = { id: draft.dataset };
    const send = async (edits: Edit[]) =>
      setCounts((await client.call("editDataset", { params, body: { edits } })).counts);
    return createEditSaver(send, setSaving);
  }, [client, draft.dataset]);
  useLeaveWarning(saving.waiting > 0 ? UNSAVED : undefined);
  return {
    ...review,
    ...{ counts, saving },
    retry: saver.retry,
    decide(edits) {
      setReview(decide(review, edits));
      saver.push(edits);
    },
    takeBack(item) {
      const { review: after, edit } = takeBack(review, item);
      setReview(after);
      saver.push([edit]);
    },
    clear() {
      setReview({ decisions: new Map(), steps: [] });
      setCounts({});
    },
    undo(isUsed) {
      const { review: before, edits } = undo(review, isUsed);
      setReview(before);
      saver.push(edits);
      return edits.map(({ key }) => key);
    },
  };
}
