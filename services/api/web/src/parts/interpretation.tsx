// Where a model is wrong on its own dataset, on which pictures, and how far to believe it.
import type { EvaluatedItem, Evaluation, EvaluationResult, Measured } from "@ursa/contracts/evaluation";
import { latestStage } from "@ursa/contracts/latest-stage";
import { type Model, STAGES, type StageName } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";
import { useEffect, useState } from "react";
import { useAction, useAnswer } from "../use-answer.ts";
import { useRecord } from "../use-record.ts";
import { loss, percent, words } from "../wording.ts";
import { Belief } from "./belief.tsx";
import { ConfusionMatrix, type Pair } from "./confusion-matrix.tsx";
import { ErrorNote } from "./error-note.tsx";
import { Field } from "./field.tsx";
import { HeatToggle, ItemHeat } from "./heat-overlay.tsx";
import { PerClassTable, SideTable } from "./measured-tables.tsx";
import { MendingGallery } from "./mending-gallery.tsx";
import { Meter } from "./meter.tsx";
import { RecordError } from "./record-error.tsx";
import { Skeleton } from "./skeleton.tsx";
import { Term } from "./term.tsx";

type Side = keyof NonNullable<EvaluationResult["sides"]>;
const SIDES: readonly Side[] = ["test", "valid", "train"];

/** @param onAsked the record is to be asked anew: it now names an evaluation */
export function Interpretation({ model, onAsked }: { model: Model; onAsked(): void }) {
  const { id, artifacts, interpretations } = model;
  const latest = latestStage(artifacts);
  const [chosen, setChosen] = useState<StageName>();
  const stage = chosen ?? latest;
  const make = useAction(async (client) => {
    await client.call("createInterpretation", { params: { id }, body: stage ? { stage } : {} });
    onAsked();
  });
  if (!stage) return null;
  const evaluation = interpretations?.[stage];
  return (
    <section>
      <h2>Where it is wrong</h2>
      {stagesOf(model).length > 1 ? (
        <Field id="stage" label="Stage to look at">
          {/* The options are the stages. */}
          <select
            id="stage"
            className="choice"
            value={stage}
            onChange={({ target }) => setChosen(target.value as StageName)}
          >
            {stagesOf(model).map((name) => (
              <option key={name} value={name}>
                {words(name)}
              </option>
            ))}
          </select>
        </Field>
      ) : null}
      {evaluation ? (
        <Interpreted key={evaluation} id={evaluation} isServed={stage === latest} onAgain={() => make.run()} />
      ) : (
        <>
          <p>
            Every picture of its dataset is answered once: who is taken for whom, on which pictures, and how sure it is.
          </p>
          <button type="button" disabled={make.isRunning} onClick={() => make.run()}>
            Look at every picture
          </button>
        </>
      )}
      {make.problem ? <ErrorNote problem={make.problem} /> : null}
    </section>
  );
}

/** Those that are finished, the latest first. */
const stagesOf = ({ artifacts }: Model): StageName[] =>
  STAGES.toReversed().filter((stage) => latestStage(artifacts.filter((file) => file.stage === stage)));

/** `isServed`: it is of the stage that answers, of which alone there are heat maps. */
type InterpretedProps = { id: string; isServed: boolean; onAgain(): void };

function Interpreted({ id, isServed, onAgain }: InterpretedProps) {
  const { value, problem, reload, live } = useRecord("evaluation", id);
  if (!value && !problem) return <Skeleton lines={6} />;
  if (value && !isFinal(value.state)) return <Meter progress={live.progress ?? value.progress} />;
  if (value?.state === "ready") return <Result evaluation={value} isServed={isServed} />;
  // It failed, was cancelled, or was deleted since.
  return (
    <>
      {value ? <RecordError error={value.error} /> : <ErrorNote problem={problem} onRetry={reload} />}
      <button type="button" onClick={onAgain}>
        Look at every picture again
      </button>
    </>
  );
}

function Result({ evaluation: { id }, isServed }: { evaluation: Evaluation; isServed: boolean }) {
  const { value, problem, reload } = useAnswer(`result ${id}`, (client, signal) =>
    client.call("getEvaluationResult", { params: { id }, signal }),
  );
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={6} />;
  return <Told result={value} isServed={isServed} />;
}

function Told({ result, isServed }: { result: EvaluationResult; isServed: boolean }) {
  const { sides = {}, classes, temperature } = result;
  const there = SIDES.filter((name) => sides[name]);
  const [side, setSide] = useState<Side | undefined>(there[0]);
  const [pair, setPair] = useState<Pair>();
  const measured: Measured = (side && sides[side]) || result;
  return (
    <>
      <SideTable sides={sides} />
      {there.length > 1 ? (
        <Field
          id="side"
          label="Side to look at"
          help="It learned from the train pictures: their error says little about others."
        >
          {/* The options are the sides. */}
          <select id="side" className="choice" value={side} onChange={({ target }) => setSide(target.value as Side)}>
            {there.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
      ) : null}
      <ConfusionMatrix classes={classes} measured={measured} chosen={pair} onChoose={setPair} />
      <TopLosses result={result} side={side} pair={pair} isServed={isServed} />
      <PerClassTable measured={measured} />
      <Belief measured={measured} temperature={temperature} />
    </>
  );
}

type LossProps = { result: EvaluationResult; side: Side | undefined; pair: Pair | undefined; isServed: boolean };

const PAGE = 12;

/** The highest losses first: of the side, or of one cell of the matrix. */
function TopLosses({ result, side, pair, isServed }: LossProps) {
  const id = result.evaluationId;
  const [limit, setLimit] = useState(PAGE);
  const asked = JSON.stringify([id, side, pair]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins with its first page
  useEffect(() => setLimit(PAGE), [asked]);
  const query = { limit, ...(side ? { split: side } : {}), ...pair };
  const { value, problem, reload } = useAnswer(`losses ${asked} ${limit}`, (client, signal) =>
    client.call("listEvaluatedItems", { params: { id }, query, signal }),
  );
  const [isLooking, setLooking] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  const look = (isOn: boolean) => {
    setRefusal(undefined);
    setLooking(isOn);
  };
  const pictures = value?.items.map((item) => ({
    ...shown(item),
    over: isLooking ? (
      <ItemHeat model={result.model} item={item.key} name={item.predicted} onProblem={setRefusal} />
    ) : null,
  }));
  const title = pair ? `${pair.class} taken for ${pair.predicted}` : "Top losses";
  return (
    <>
      <h3 aria-live="polite">{pair ? title : <Term of="top losses">{title}</Term>}</h3>
      {problem ? <ErrorNote problem={problem} onRetry={reload} /> : null}
      {isServed ? <HeatToggle isOn={isLooking} onChange={look} /> : null}
      {isLooking ? <p className="quiet">Light is what spoke for the class that it answered (Grad-CAM).</p> : null}
      {refusal ? <ErrorNote problem={refusal} /> : null}
      {pictures ? (
        <MendingGallery key={asked} label={title} dataset={result.dataset.id} pictures={pictures} />
      ) : (
        <Skeleton lines={3} />
      )}
      {value?.next ? (
        <button type="button" className="second" onClick={() => setLimit(limit + 2 * PAGE)}>
          Show more
        </button>
      ) : null}
    </>
  );
}

function shown({ key, class: actual, predicted, probability = 0, confidence = 0, loss: cost = 0 }: EvaluatedItem) {
  const isRight = predicted === actual;
  return {
    ...{ key, alt: `${actual}, item ${key}` },
    caption: isRight ? (
      <>
        {actual}, {percent(probability)} sure; loss {loss(cost)}. Item {key}
      </>
    ) : (
      <>
        <b>{actual}</b> taken for <b>{predicted ?? "nothing"}</b>, {percent(confidence)} sure ({percent(probability)}{" "}
        for {actual}); loss {loss(cost)}. Item {key}
      </>
    ),
  };
}
