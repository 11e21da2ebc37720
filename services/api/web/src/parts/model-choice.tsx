import { useAnswer } from "../use-answer.ts";
import { percent } from "../wording.ts";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";

type Props = { value: string; onChange(reference: string): void };

/** Aliases first, then models with a trained stage. Empty: the model of the alias that is the default. */
export function ModelChoice({ value, onChange }: Props) {
  const answer = useAnswer("choices", async (client, signal) => {
    const [aliases, models] = await Promise.all([
      client.call("listAliases", { signal }),
      client.call("listModels", { query: { limit: 100 }, signal }),
    ]);
    return { aliases: aliases.items, models: models.items.filter(({ artifacts }) => artifacts.length > 0) };
  });
  const { aliases = [], models = [] } = answer.value ?? {};
  const standard = aliases.find((alias) => alias.default)?.name;
  // What the address names may be older than what is listed.
  const known = [...aliases.map(({ name }) => name), ...models.map(({ id }) => id)];
  return (
    <>
      <Field id="model" label="Model">
        <select id="model" value={value} onChange={({ target }) => onChange(target.value)}>
          <option value="">{standard ? `${standard} (the default)` : "the default alias (none yet)"}</option>
          <optgroup label="Aliases">
            {aliases.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </optgroup>
          <optgroup label="Models">
            {value && answer.value && !known.includes(value) ? <option>{value}</option> : null}
            {models.map(({ id, name, stages }) => (
              <option key={id} value={id}>
                {name ?? id}
                {stages.at(-1) ? `, ${percent(stages.at(-1)?.errorRate ?? 0)} wrong` : ""}
              </option>
            ))}
          </optgroup>
        </select>
      </Field>
      {answer.problem ? <ErrorNote problem={answer.problem} onRetry={answer.reload} /> : null}
    </>
  );
}
