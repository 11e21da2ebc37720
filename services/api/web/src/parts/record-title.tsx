import type { RecordState } from "@ursa/contracts/record";
import type { ReactNode } from "react";
import { when } from "../wording.ts";
import { StateBadge } from "./state-badge.tsx";

type Titled = { id: string; name?: string | undefined; state: RecordState; createdAt: string };

/** What is looked at: its name, its state, and what can be done with it. */
export function RecordTitle({ record, children }: { record: Titled; children?: ReactNode }) {
  const { id, name, state, createdAt } = record;
  return (
    <div className="title">
      <div>
        <h1 className={name ? undefined : "id"}>{name ?? id}</h1>
        <p className="quiet">
          <StateBadge state={state} /> {name ? <code>{id}</code> : null} made {when(createdAt)}
        </p>
      </div>
      <div className="actions">{children}</div>
    </div>
  );
}
