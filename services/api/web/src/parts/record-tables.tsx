// Lists of what there is, newest first.
import type { Alias } from "@ursa/contracts/alias";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import { hrefTo } from "../router.ts";
import { count, percent, when } from "../wording.ts";
import { StateBadge } from "./state-badge.tsx";
import { type Column, Table } from "./table.tsx";

const byId = ({ id }: { id: string }) => id;

/** A dataset may have hundreds of classes. */
const CLASSES_SHOWN = 5;
const shortened = (names: readonly string[]) =>
  [
    ...names.slice(0, CLASSES_SHOWN),
    ...(names.length > CLASSES_SHOWN ? [`${names.length - CLASSES_SHOWN} more`] : []),
  ].join(", ");

const nameLink = (path: string, { id, name }: { id: string; name?: string | undefined }) => (
  <a href={hrefTo(`${path}/${id}`)} className={name ? undefined : "id"}>
    {name ?? id}
  </a>
);
const made = { name: "made", cell: ({ createdAt }: { createdAt: string }) => when(createdAt) };

const DATASETS: Column<Dataset>[] = [
  { name: "dataset", cell: (dataset) => nameLink("/datasets", dataset) },
  { name: "state", cell: ({ state }) => <StateBadge state={state} /> },
  { name: "classes", cell: ({ classes }) => shortened(classes) },
  { name: "listed", isNumber: true, cell: ({ listed }) => count(listed) },
  { name: "usable", isNumber: true, cell: ({ counts }) => (counts ? count(counts.outcomes.ok ?? 0) : "") },
  made,
];
export const DatasetTable = ({ datasets }: { datasets: Dataset[] }) => (
  <Table label="Datasets" rows={datasets} keyOf={byId} columns={DATASETS} />
);

const MODELS: Column<Model>[] = [
  { name: "model", cell: (model) => nameLink("/models", model) },
  { name: "state", cell: ({ state }) => <StateBadge state={state} /> },
  { name: "error", isNumber: true, cell: (model) => errorOf(model) },
  { name: "classes", cell: ({ classes }) => shortened(classes) },
  { name: "epochs", isNumber: true, cell: ({ epochs }) => count(epochs.length) },
  made,
];
export const ModelTable = ({ models }: { models: Model[] }) => (
  <Table label="Models" rows={models} keyOf={byId} columns={MODELS} />
);

/** Of the weights that were kept, or while it trains of the last epoch. */
function errorOf({ stages, epochs }: Model): string {
  const rate = stages.at(-1)?.errorRate ?? epochs.at(-1)?.errorRate;
  return rate === undefined ? "" : percent(rate);
}

const ALIASES: Column<Alias>[] = [
  { name: "alias", cell: ({ name }) => name },
  { name: "model", cell: ({ model }) => nameLink("/models", { id: model }) },
  { name: "", cell: (alias) => (alias.default ? "default" : "") },
  {
    name: "",
    cell: ({ name, namespace, public: access }) => (access ? <a href={`p/${namespace}/${name}`}>public</a> : ""),
  },
  { name: "changed", cell: ({ updatedAt }) => when(updatedAt) },
];
export const AliasTable = ({ aliases }: { aliases: Alias[] }) => (
  <Table label="Aliases" rows={aliases} keyOf={({ name }) => name} columns={ALIASES} />
);

const PREDICTIONS: Column<Prediction>[] = [
  { name: "batch", cell: (prediction) => nameLink("/predictions", prediction) },
  { name: "state", cell: ({ state }) => <StateBadge state={state} /> },
  { name: "model", cell: ({ alias, model }) => alias ?? <span className="id">{model}</span> },
  { name: "inputs", isNumber: true, cell: ({ inputs }) => count(inputs) },
  { name: "answered", isNumber: true, cell: ({ counts }) => (counts ? count(counts.outcomes.ok ?? 0) : "") },
  made,
];
export const PredictionTable = ({ predictions }: { predictions: Prediction[] }) => (
  <Table label="Batches" rows={predictions} keyOf={byId} columns={PREDICTIONS} />
);
