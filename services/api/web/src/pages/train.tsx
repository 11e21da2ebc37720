// A recipe and a dataset become a training run. The defaults are the lesson's; what is not changed is left to the API.
import type { Client } from "@ursa/contracts/client";
import type { Model } from "@ursa/contracts/model";
import { NAMED_RECIPES, RECIPE_NAMES, type RecipeName } from "@ursa/contracts/named-recipes";
import { useState } from "react";
import { Empty } from "../parts/empty.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Field } from "../parts/field.tsx";
import { fieldFaults } from "../parts/problem-words.ts";
import { RecipeFields } from "../parts/recipe-fields.tsx";
import { ShownBatch } from "../parts/shown-batch.tsx";
import { Skeleton } from "../parts/skeleton.tsx";
import { Term } from "../parts/term.tsx";
import { baseOf, type Changes, changesOf, FIELDS, recipeOf } from "../recipe-form.ts";
import { goTo, hrefTo, type PageProps } from "../router.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { OLDER_ONES, useReadyDatasets } from "../use-ready-datasets.ts";
import { count } from "../wording.ts";

/** Without a recipe's name it is like another run. */
type Run = { dataset: string; name: string; recipe: RecipeName | undefined; like: Model | undefined; changes: Changes };
type StepProps = { run: Run; onChange(run: Run): void };

const groupOf = (prefix: string) => FIELDS.filter(({ path }) => path.startsWith(prefix));
const GROUPS = [
  { title: "Stage 1: the head", fields: groupOf("stage1.") },
  { title: "Stage 2: the whole network", fields: groupOf("stage2.") },
];
const PHASES = FIELDS.filter(({ path }) => path === "phases");
const REST = FIELDS.filter(({ path }) => !path.includes(".") && path !== "phases");

export function TrainPage({ query }: PageProps) {
  const id = query.get("like");
  const { value, problem, reload } = useAnswer(`like ${id}`, async (client, signal) => ({
    like: id === null ? undefined : await client.call("getModel", { params: { id }, signal }),
  }));
  if (!value) return problem ? <ErrorNote problem={problem} onRetry={reload} /> : <Skeleton lines={10} />;
  return <TrainForm key={String(query)} query={query} like={value.like} />;
}

function TrainForm({ query, like }: { query: URLSearchParams; like: Model | undefined }) {
  const [run, setRun] = useState<Run>(() => ({
    ...{ dataset: query.get("dataset") ?? "", name: "", like },
    recipe: like ? undefined : "lesson",
    changes: changesOf(query),
  }));
  const start = useAction(startRun);
  const faults = new Map(
    fieldFaults(start.problem).map(({ path, message }) => [path.replace(/^recipe\./, ""), message]),
  );
  const step = { run, onChange: setRun };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start.run(run);
      }}
    >
      <h1>Train</h1>
      <p className="lead">
        A <Term of="pretrained">network that has seen a million pictures</Term> learns your classes: first a new{" "}
        <Term of="head">head</Term> alone, then all of it, <Term of="fine-tuning">gently</Term>, over some{" "}
        <Term of="epoch">epochs</Term> at a <Term of="learning rate">learning rate</Term>. The recipe below is a good
        first run; every field says what stands when it is left empty.
      </p>
      <DatasetChoice {...step} asked={query.get("dataset") ?? ""} />
      <RecipeChoice {...step} />
      <RecipeForm {...step} faults={faults} />
      {run.dataset ? <ShownBatch dataset={run.dataset} changes={withBase(run)} /> : null}
      {start.problem ? <ErrorNote problem={start.problem} /> : null}
      <button type="submit" disabled={start.isRunning || run.dataset === ""}>
        Start training
      </button>
    </form>
  );
}

function DatasetChoice({ run, asked, onChange }: StepProps & { asked: string }) {
  const { value, problem, reload } = useReadyDatasets(asked);
  if (problem) return <ErrorNote problem={problem} onRetry={reload} />;
  if (!value) return <Skeleton lines={2} />;
  if (value.items.length === 0)
    return (
      <Empty>
        No dataset is ready. <a href={hrefTo("/datasets/new")}>Make one</a> from lists of URLs first.
      </Empty>
    );
  return (
    <Field id="dataset" label="Dataset" help={value.hasMore ? OLDER_ONES : undefined}>
      <select
        id="dataset"
        required
        value={run.dataset}
        onChange={({ target }) => onChange({ ...run, dataset: target.value })}
      >
        <option value="">choose one</option>
        {value.items.map(({ id, name, classes, counts }) => (
          <option key={id} value={id}>
            {name ?? id}: {count(counts?.outcomes.ok ?? 0)} pictures of {count(classes.length)} classes
          </option>
        ))}
      </select>
    </Field>
  );
}

function RecipeChoice({ run, onChange }: StepProps) {
  return (
    <div className="fields">
      <Field
        id="recipe"
        label="Recipe"
        help={
          run.recipe ? NAMED_RECIPES[run.recipe].says : "What that run trained with, but for what is changed below."
        }
      >
        {/* The options are the recipes' names. */}
        <select
          id="recipe"
          value={run.recipe ?? ""}
          onChange={({ target }) => onChange({ ...run, recipe: (target.value || undefined) as Run["recipe"] })}
        >
          {run.like ? <option value="">as of {run.like.name ?? run.like.id}</option> : null}
          {RECIPE_NAMES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </Field>
      <Field id="run-name" label="Name" help="To know the model by; may be left empty.">
        <input
          id="run-name"
          maxLength={200}
          autoComplete="off"
          value={run.name}
          onChange={({ target }) => onChange({ ...run, name: target.value })}
        />
      </Field>
    </div>
  );
}

function RecipeForm({ run, onChange, faults }: StepProps & { faults: ReadonlyMap<string, string> }) {
  const change = (path: string, value: Changes[string]) =>
    onChange({ ...run, changes: { ...run.changes, [path]: value } });
  const common = { changes: withBase(run), faults, onChange: change };
  return (
    <>
      {GROUPS.map(({ title, fields }) => (
        <fieldset key={title} className="panel">
          <legend>{title}</legend>
          <RecipeFields fields={fields} {...common} />
        </fieldset>
      ))}
      <details>
        <summary>Everything else: phases, augmentation, backbone, regularisation</summary>
        <RecipeFields fields={PHASES} {...common} />
        <RecipeFields fields={REST} {...common} />
      </details>
    </>
  );
}

const withBase = ({ recipe, like, changes }: Run): Changes => ({
  ...baseOf(recipe ? NAMED_RECIPES[recipe].fields : (like?.recipe ?? {})),
  ...changes,
});

/** Weights for single classes, which the form does not show, of the run that this one is to be like. */
function weightsOf({ recipe, like, changes }: Run): Record<string, unknown> {
  const weights = recipe || changes.classWeights !== undefined ? undefined : like?.recipe.classWeights;
  return typeof weights === "object" ? { classWeights: weights } : {};
}

async function startRun(client: Client, run: Run): Promise<void> {
  const name = run.name.trim();
  // The API checks it, and says of each field what is wrong with it; until then it is whatever was typed.
  const recipe = recipeOf(withBase(run), weightsOf(run)) as (typeof NAMED_RECIPES)[RecipeName]["fields"];
  const start = run.recipe ? undefined : run.like?.from;
  const { id } = await client.call("createModel", {
    body: {
      ...{ dataset: run.dataset, recipe },
      ...(start ? { from: `${start.model}@${start.stage}` } : {}),
      ...(name ? { name } : {}),
    },
  });
  goTo(`/models/${id}`);
}
