import type { Model } from "@ursa/contracts/model";
import { useState } from "react";
import { hrefTo } from "../router.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";
import { PublicPage } from "./public-page.tsx";

/** Gives the model a name that callers use; the name moves, the callers stay. */
export function Promote({ model: { id } }: { model: Model }) {
  const aliases = useAnswer("aliases", (client, signal) => client.call("listAliases", { signal }));
  const all = aliases.value?.items ?? [];
  const own = all.filter(({ model }) => model === id);
  return (
    <section>
      <h2>Aliases</h2>
      <p aria-live="polite">
        {own.length > 0 ? (
          <>
            Answers as <b>{own.map((alias) => alias.name).join(", ")}</b>.{" "}
            <a href={hrefTo("/try", { model: own[0]?.name })}>Try it on a picture</a>
          </>
        ) : (
          "No alias names this model yet."
        )}
      </p>
      {own.map((alias) => (
        <PublicPage key={alias.name} alias={alias} onChanged={aliases.reload} />
      ))}
      <PromoteForm model={id} known={all.map(({ name }) => name)} onPromoted={aliases.reload} />
    </section>
  );
}

type FormProps = { model: string; known: string[]; onPromoted(): void };

function PromoteForm({ model, known, onPromoted }: FormProps) {
  const [name, setName] = useState("");
  const promote = useAction(async (client) => {
    await client.call("putAlias", { params: { name: name.trim() }, body: { model } });
    setName("");
    onPromoted();
  });
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        promote.run();
      }}
    >
      <Field id="alias" label="Promote to" help="A name and where it is used. An alias that exists moves here at once.">
        <input
          id="alias"
          list="aliases"
          required
          autoComplete="off"
          placeholder="bears@production"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
      </Field>
      <datalist id="aliases">
        {known.map((alias) => (
          <option key={alias} value={alias} />
        ))}
      </datalist>
      <button type="submit" disabled={promote.isRunning}>
        Promote
      </button>
      {promote.problem ? <ErrorNote problem={promote.problem} /> : null}
    </form>
  );
}
