import type { Dataset, OutcomeCounts, Split } from "@ursa/contracts/dataset";
import { SPLITS } from "@ursa/contracts/dataset";
import type { InspectionSummary } from "@ursa/contracts/inspection";
import { FAILED_OUTCOMES, type ItemOutcome } from "@ursa/contracts/outcomes";
import { SUSPICIONS, type Suspicion } from "@ursa/contracts/suspect";
import type { ItemFilter } from "../use-items.ts";
import { count, words } from "../wording.ts";

type Props = {
  dataset: Dataset;
  found: InspectionSummary | undefined;
  filter: ItemFilter;
  onChange(filter: ItemFilter): void;
};

/** Class, side of the split, outcome and suspicion: each with how many there are, as the dataset and its inspection counted them. */
export function ItemFilters({ dataset: { counts }, found, filter, onChange }: Props) {
  if (!counts) return null;
  const outcomes = Object.entries(counts.outcomes);
  const failed = countFailed(counts.outcomes);
  const sum = (side: Split) => counts.classes.reduce((total, row) => total + row[side], 0);
  return (
    <search className="filters" aria-label="Filter items">
      <Choice
        label="Class"
        value={filter.class}
        options={counts.classes.map((row) => [row.class, row.listed])}
        onChange={(name) => onChange({ ...filter, class: name })}
      />
      <Choice
        label="Split"
        value={filter.split}
        options={SPLITS.filter((side) => sum(side) > 0).map((side) => [side, sum(side)])}
        // The options are sides.
        onChange={(side) => onChange({ ...filter, split: side as Split | undefined })}
      />
      <Choice
        label="Outcome"
        value={filter.outcome}
        options={failed > 0 ? [...outcomes, ["failed", failed]] : outcomes}
        // And here outcomes.
        onChange={(outcome) =>
          onChange({ ...filter, outcome: outcome as ItemOutcome | undefined, suspicion: undefined })
        }
      />
      {found && found.suspects > 0 ? (
        <Choice
          label="Suspicion"
          value={filter.suspicion}
          options={SUSPICIONS.flatMap((name): [string, number][] => {
            const number = found.suspicions[name];
            return number ? [[name, number]] : [];
          })}
          // And these are suspicions.
          onChange={(name) => onChange({ ...filter, suspicion: name as Suspicion | undefined, outcome: undefined })}
        />
      ) : null}
    </search>
  );
}

/** URLs that gave no picture. */
export const countFailed = (outcomes: OutcomeCounts): number =>
  [...FAILED_OUTCOMES].reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);

type ChoiceProps = {
  label: string;
  value: string | undefined;
  options: [string, number][];
  onChange(value: string | undefined): void;
};

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value ?? ""} onChange={({ target }) => onChange(target.value || undefined)}>
        <option value="">all</option>
        {options.map(([name, number]) => (
          <option key={name} value={name}>
            {words(name)} ({count(number)})
          </option>
        ))}
      </select>
    </label>
  );
}
