// What went wrong with a training run, if anything, and the one change to try.
import type { Change, Finding, Diagnosis as Found } from "@ursa/contracts/diagnosis";
import type { Model } from "@ursa/contracts/model";
import type { Suspicion } from "@ursa/contracts/suspect";
import { useState } from "react";
import { goTo, hrefTo } from "../router.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { words } from "../wording.ts";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";
import { Skeleton } from "./skeleton.tsx";

export function Diagnosis({ model: { id, state, dataset, epochs } }: { model: Model }) {
  const [percents, setPercents] = useState("");
  const targetError = Number(percents) > 0 && Number(percents) < 100 ? Number(percents) / 100 : undefined;
  // Epochs are a part of the question while it trains.
  const { value, problem, reload } = useAnswer(
    `diagnosis ${id} ${state} ${epochs.length} ${targetError}`,
    (client, signal) => client.call("getDiagnosis", { params: { id }, query: { targetError }, signal }),
  );
  return (
    <section aria-label="Diagnosis">
      <h2>Diagnosis</h2>
      {problem ? <ErrorNote problem={problem} onRetry={reload} /> : null}
      {value ? <Told found={value} dataset={dataset.id} /> : problem ? null : <Skeleton lines={2} />}
      <Field id="target" label="Content with an error of, in %" help="Above it there may be too little data.">
        <input
          id="target"
          className="choice"
          inputMode="decimal"
          autoComplete="off"
          placeholder="2"
          value={percents}
          onChange={({ target }) => setPercents(target.value.replace(",", "."))}
        />
      </Field>
    </section>
  );
}

function Told({ found: { findings, notJudged }, dataset }: { found: Found; dataset: string }) {
  return (
    <>
      {findings.length === 0 ? <p>Nothing wrong was found.</p> : null}
      {findings.map((finding) => (
        <OneFinding key={finding.code} finding={finding} dataset={dataset} />
      ))}
      {notJudged.length > 0 ? (
        <details>
          <summary>Not judged: {[...new Set(notJudged.map(({ code }) => words(code)))].join(", ")}</summary>
          <ul className="lacking">
            {[...Map.groupBy(notJudged, ({ lacks }) => lacks)].map(([lacks, [first]]) => (
              <li key={lacks}>
                For lack of {lacks}. {first?.remedy}
                {first?.command ? <code>{first.command}</code> : null}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

function OneFinding({ finding: { code, sure, saw, change }, dataset }: { finding: Finding; dataset: string }) {
  const start = useAction(async (client) => {
    if (!change.run) return;
    const { id } = await client.call("createModel", { body: change.run });
    goTo(`/models/${id}`);
  });
  return (
    <div className="panel finding">
      <h3>
        {words(code)} <span className="quiet">({sure})</span>
      </h3>
      <p>{saw}</p>
      <p>{change.says}</p>
      <div className="actions">
        {change.run ? (
          <button type="button" disabled={start.isRunning} onClick={() => start.run()}>
            Start this run
          </button>
        ) : (
          <PicturesLink code={code} dataset={dataset} />
        )}
      </div>
      <CommandLine change={change} />
      {start.problem ? <ErrorNote problem={start.problem} /> : null}
    </div>
  );
}

/** What Clean is to show first. */
const REASONS: Partial<Record<Finding["code"], Suspicion>> = { leakage: "leak", label_noise: "label" };

function PicturesLink({ code, dataset }: { code: Finding["code"]; dataset: string }) {
  const reason = REASONS[code];
  return (
    <a className="button" href={hrefTo(`/datasets/${dataset}/${reason ? "clean" : "add"}`, { reason })}>
      {reason ? "Go to the pictures" : "Add pictures"}
    </a>
  );
}

const CommandLine = ({ change: { command } }: { change: Change }) =>
  command ? (
    <details>
      <summary>The same on the command line</summary>
      <code>{command}</code>
    </details>
  ) : null;
