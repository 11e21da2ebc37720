import { type Alias, DEFAULT_RATE_PER_MINUTE } from "@ursa/contracts/alias";
import { useState } from "react";
import { useAction } from "../use-answer.ts";
import { counted } from "../wording.ts";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";

type Props = { alias: Alias; onChanged(): void };

/** Whether anybody may ask an alias without a key, on a page of its own. */
export function PublicPage({ alias, onChanged }: Props) {
  const { name, namespace, public: access } = alias;
  const put = useAction(async (client, wanted: { origins: string[]; ratePerMinute: number } | null) => {
    await client.call("putAlias", { params: { name }, body: { public: wanted } });
    onChanged();
  });
  return (
    <>
      {access ? (
        <p className="actions">
          <span>
            <b>{name}</b> is public: <a href={`p/${namespace}/${name}`}>its page</a> answers anybody,{" "}
            {counted(access.ratePerMinute, "request")} a minute from one address
            {access.origins.length > 0 ? `, also from pages of ${access.origins.join(", ")}` : ""}.
          </span>
          <button type="button" className="second" disabled={put.isRunning} onClick={() => put.run(null)}>
            Make private
          </button>
        </p>
      ) : (
        <details>
          <summary>Make {name} public</summary>
          <PublicForm id={name} isDisabled={put.isRunning} onWanted={put.run} />
        </details>
      )}
      {put.problem ? <ErrorNote problem={put.problem} /> : null}
    </>
  );
}

type FormProps = {
  id: string;
  isDisabled: boolean;
  onWanted(wanted: { origins: string[]; ratePerMinute: number }): void;
};

function PublicForm({ id, isDisabled, onWanted }: FormProps) {
  const [origins, setOrigins] = useState("");
  const [rate, setRate] = useState(String(DEFAULT_RATE_PER_MINUTE));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onWanted({ origins: origins.split(/\s+/).filter(Boolean), ratePerMinute: Number(rate) });
      }}
    >
      <p>
        It gets a page of its own, on which anybody who reaches this Ursa may classify pictures without a key, and
        nothing else.
      </p>
      <div className="fields">
        <Field id={`rate-${id}`} label="Requests a minute" help="From one address.">
          <input
            id={`rate-${id}`}
            type="number"
            required
            min={1}
            max={6000}
            value={rate}
            onChange={({ target }) => setRate(target.value)}
          />
        </Field>
        <Field
          id={`origins-${id}`}
          label="Other sites whose pages may ask"
          help="One per line, such as https://example.org. Empty: its own page alone."
        >
          <textarea
            id={`origins-${id}`}
            rows={2}
            spellCheck={false}
            value={origins}
            onChange={({ target }) => setOrigins(target.value)}
          />
        </Field>
      </div>
      <button type="submit" disabled={isDisabled}>
        Make public
      </button>
    </form>
  );
}
