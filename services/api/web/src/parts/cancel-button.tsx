import type { Client } from "@ursa/contracts/client";
import { useAction } from "../use-answer.ts";
import { ErrorNote } from "./error-note.tsx";

type Props = { act(client: Client): Promise<unknown>; onDone(): void };

export function CancelButton({ act, onDone }: Props) {
  const cancel = useAction(async (client) => {
    await act(client);
    onDone();
  });
  return (
    <>
      <button type="button" className="second" disabled={cancel.isRunning} onClick={() => cancel.run()}>
        Cancel
      </button>
      {cancel.problem ? <ErrorNote problem={cancel.problem} /> : null}
    </>
  );
}
