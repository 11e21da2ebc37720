import { randomToken } from "@ursa/contracts/random-token";
import { counted } from "../wording.ts";
import { Field } from "./field.tsx";

/** `id` is in the upload's name too. */
export type UrlList = { id: string; className: string; text: string };

export const emptyList = (): UrlList => ({ id: randomToken(), className: "", text: "" });

type Props = { list: UrlList; place: number; onChange(list: UrlList): void; onRemove: (() => void) | undefined };

/** One class and its URLs. */
export function ListEditor({ list, place, onChange, onRemove }: Props) {
  const { id, className, text } = list;
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("#")).length;
  return (
    <fieldset className="panel">
      <legend>{className.trim() || `Class ${place}`}</legend>
      <Field id={`class-${id}`} label="Class">
        <input
          id={`class-${id}`}
          required
          maxLength={128}
          autoComplete="off"
          value={className}
          onChange={({ target }) => onChange({ ...list, className: target.value })}
        />
      </Field>
      <Field id={`urls-${id}`} label="URLs, one per line">
        <textarea
          id={`urls-${id}`}
          required
          rows={6}
          spellCheck={false}
          wrap="off"
          placeholder="https://…/bear.jpg"
          value={text}
          onChange={({ target }) => onChange({ ...list, text: target.value })}
        />
      </Field>
      <p className="actions">
        <span className="quiet">{counted(lines, "line")}</span>
        {onRemove ? (
          <button type="button" className="plain" onClick={onRemove}>
            Remove this class
          </button>
        ) : null}
      </p>
    </fieldset>
  );
}
