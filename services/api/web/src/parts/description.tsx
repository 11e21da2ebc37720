import type { Client } from "@ursa/contracts/client";
import { useState } from "react";
import { useAction } from "../use-answer.ts";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";

type Described = { id: string; name?: string | undefined; note?: string | undefined };
type Props = { kind: "dataset" | "model"; record: Described; onChanged(): void };

/** The note on a record, and a form for its name and note. */
export function Description({ kind, record, onChanged }: Props) {
  const [isOpen, setOpen] = useState(false);
  const onSaved = () => {
    setOpen(false);
    onChanged();
  };
  return (
    <>
      {record.note ? <p className="note">{record.note}</p> : null}
      <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>Name and note</summary>
        {isOpen ? <DescribeForm kind={kind} record={record} onChanged={onSaved} /> : null}
      </details>
    </>
  );
}

function DescribeForm({ kind, record, onChanged }: Props) {
  const [name, setName] = useState(record.name ?? "");
  const [note, setNote] = useState(record.note ?? "");
  const save = useAction(async (client: Client) => {
    const body = { name: name.trim() || null, note: note.trim() || null };
    await client.call(kind === "model" ? "describeModel" : "describeDataset", { params: { id: record.id }, body });
    onChanged();
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
    >
      <Field id="record-name" label="Name">
        <input
          id="record-name"
          maxLength={200}
          autoComplete="off"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      </Field>
      <Field id="record-note" label="Note">
        <textarea
          id="record-note"
          rows={3}
          maxLength={10_000}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
      </Field>
      {save.problem ? <ErrorNote problem={save.problem} /> : null}
      <button type="submit" disabled={save.isRunning}>
        Save
      </button>
    </form>
  );
}
