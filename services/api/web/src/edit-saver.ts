// Sends decisions while a person goes on deciding: one request at a time, with everything that was said in the meantime.
import { type Edit, MAX_EDITS } from "@ursa/contracts/edits";

/** Edits that the API does not have yet, and why the last attempt failed. */
export type Saving = { waiting: number; problem?: unknown };
export type EditSaver = {
  push(edits: readonly Edit[]): void;
  /** Sends again what could not be sent. So does the next `push`. */
  retry(): void;
};

/** Edits are sent in their order; those of a request that failed stay the first. */
export function createEditSaver(
  send: (edits: Edit[]) => Promise<unknown>,
  onChange: (saving: Saving) => void,
): EditSaver {
  const waiting: Edit[] = [];
  let isSending = false;
  const run = async () => {
    if (isSending) return;
    isSending = true;
    let problem: unknown;
    while (waiting.length > 0 && problem === undefined) {
      onChange({ waiting: waiting.length });
      const batch = waiting.slice(0, MAX_EDITS);
      problem = await send(batch).then(
        () => void waiting.splice(0, batch.length),
        (error: unknown) => error ?? new Error("The edits could not be sent."),
      );
    }
    isSending = false;
    onChange(problem === undefined ? { waiting: 0 } : { waiting: waiting.length, problem });
  };
  return {
    push(edits) {
      waiting.push(...edits);
      void run();
    },
    retry: () => void run(),
  };
}
