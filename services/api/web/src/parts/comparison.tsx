// What changed from another model to this one, on pictures that neither was trained on.
import {
  type Comparison as Asked,
  type ChangedPicture,
  type ComparisonResult,
  NOT_SHARED_WORDS,
  type NotShared,
} from "@ursa/contracts/comparison";
import type { JournalRow } from "@ursa/contracts/journal";
import { latestStage } from "@ursa/contracts/latest-stage";
import type { Artifact, Model } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";
import { useEffect, useRef, useState } from "react";
import { useAction } from "../use-answer.ts";
import { useRecord } from "../use-record.ts";
import { count, percent } from "../wording.ts";
import { ComparisonTables } from "./comparison-tables.tsx";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";
import { MendingGallery } from "./mending-gallery.tsx";
import { Meter } from "./meter.tsx";

type Props = {
  model: Model;
  runs: readonly JournalRow[];
  /** The model that is chosen at first; else the run that this one was changed from. */
  initially: string | undefined;
};

/** A model's earlier stage is there to be compared with too: whether unfreezing helped. */
export function Comparison({ model: { id: model, artifacts }, runs, initially }: Props) {
  const others = runs.filter(({ model: id, state }) => id !== model && isFinal(state) && state !== "cancelled");
  const parent = runs.find((row) => row.model === model)?.parent;
  const head = latestStage(artifacts) === "stage-2" && latestStage(artifacts.filter(isOfHead)) && `${model}@stage-1`;
  const known = parent !== undefined && others.some((row) => row.model === parent) ? parent : undefined;
  const first = initially ?? known ?? (head || others[0]?.model);
  const [chosen, setChosen] = useState<string>();
  const other = chosen ?? first ?? "";
  const [asked, setAsked] = useState<Asked>();
  const compare = useAction(async (client) => {
    setAsked(await client.call("createComparison", { params: { id: model }, body: { with: other } }));
  });
  if (other === "") return <p>There is no other finished run to compare it with.</p>;
  return (
    <>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          compare.run();
        }}
      >
        <Field id="other" label="Compare with">
          <select id="other" value={other} onChange={({ target }) => setChosen(target.value)}>
            {head ? <option value={head}>itself after stage 1, before it was unfrozen</option> : null}
            {initially && !others.some((row) => row.model === initially) ? <option>{initially}</option> : null}
            {others.map(({ model: id, name, error, dataset }) => (
              <option key={id} value={id}>
                {name ?? id}, dataset version {dataset.version}
                {error ? `, ${percent(error.errorRate)} wrong` : ""}
              </option>
            ))}
          </select>
        </Field>
        <button type="submit" disabled={compare.isRunning}>
          Compare
        </button>
      </form>
      {compare.problem ? <ErrorNote problem={compare.problem} /> : null}
      {asked ? <Told asked={asked} onEnd={() => compare.run()} /> : null}
    </>
  );
}

const isOfHead = ({ stage }: Artifact) => stage === "stage-1";

function Told({ asked: { before, after, result }, onEnd }: { asked: Asked; onEnd(): void }) {
  if (result) return <Result result={result} />;
  const open = [before, after].find(({ state }) => !isFinal(state));
  return open ? <Waiting key={open.id} id={open.id} onEnd={onEnd} /> : <p>One of the two could not be interpreted.</p>;
}

function Waiting({ id, onEnd }: { id: string; onEnd(): void }) {
  const { value, live } = useRecord("evaluation", id);
  const hasEnded = value !== undefined && isFinal(value.state);
  const told = useRef(onEnd);
  told.current = onEnd;
  useEffect(() => {
    if (hasEnded) told.current();
  }, [hasEnded]);
  return <Meter progress={live.progress ?? value?.progress} />;
}

function Result({ result }: { result: ComparisonResult }) {
  const { says, notShared, relabelled, dataset, mended, broken, otherwiseWrong } = result;
  const apart = Object.entries(notShared).flatMap(([why, pictures]) =>
    // Its keys are those of NOT_SHARED_WORDS.
    pictures > 0 ? [`${count(pictures)} ${NOT_SHARED_WORDS[why as keyof NotShared]}`] : [],
  );
  return (
    <section aria-label="Comparison">
      <p className="verdict">{says}</p>
      {apart.length > 0 ? <p className="quiet">Not compared: {apart.join(", ")}.</p> : null}
      {relabelled > 0 ? <p className="quiet">{count(relabelled)} had another class in the older dataset.</p> : null}
      <ComparisonTables result={result} />
      <Changed title="Mended" changed={mended} dataset={dataset.id} />
      <Changed title="Broken" changed={broken} dataset={dataset.id} />
      <Changed title="Wrong before and after, otherwise" changed={otherwiseWrong} dataset={dataset.id} />
    </section>
  );
}

type ChangedProps = { title: string; changed: ComparisonResult["mended"]; dataset: string };

const Changed = ({ title, changed, dataset }: ChangedProps) =>
  changed.count === 0 ? null : (
    <>
      <h3>
        {title}: {count(changed.count)}
      </h3>
      <MendingGallery label={title} dataset={dataset} pictures={changed.items.map(shown)} />
    </>
  );

function shown({ key, class: actual, before, after }: ChangedPicture) {
  return {
    ...{ key, alt: `${actual}, item ${key}` },
    caption: (
      <>
        <b>{actual}</b>: {before.predicted} → {after.predicted} ({percent(before.probability)} →{" "}
        {percent(after.probability)} for {actual}). Item {key}
      </>
    ),
  };
}
