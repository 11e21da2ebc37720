// Pictures of a dataset as training sees them: one sheet, made by the training code, on request.
import type { ArgumentsOf } from "@ursa/contracts/client";
import { shownBatchSchema } from "@ursa/contracts/shown-batch";
import { type ReactNode, useEffect, useState } from "react";
import { type Changes, FIELDS, recipeOf } from "../recipe-form.ts";
import { useAnswer } from "../use-answer.ts";
import { ErrorNote } from "./error-note.tsx";
import { RecipeFields } from "./recipe-fields.tsx";

type Props = {
  dataset: string;
  /** Of all its pictures, those that are shown. */
  class?: string | undefined;
  split?: "train" | "valid" | undefined;
  /** Of a recipe that is chosen elsewhere; left out, the transforms are chosen here. */
  changes?: Changes;
};

/** The fields of the recipe that a batch depends on. */
const SHOWN = FIELDS.filter(({ path }) => path in shownBatchSchema.shape);
const TRANSFORMS = SHOWN.filter(({ path }) => path !== "augment" && path !== "validFraction");
/** Pictures beside each other, or epochs of one: as many as can be made out. */
const columnsHere = () => (matchMedia("(max-width: 40rem)").matches ? 2 : 4);
const NOTHING: ReadonlyMap<string, string> = new Map();

export function ShownBatch(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Show a batch as training sees it</summary>
      {isOpen ? <OpenBatch {...props} /> : null}
    </details>
  );
}

function OpenBatch({ dataset, class: name, split = "train", changes: given }: Props) {
  const [own, setOwn] = useState<Changes>({});
  const [page, setPage] = useState(1);
  const [hasEpochs, setEpochs] = useState(false);
  const [columns] = useState(columnsHere);
  const change = (path: string, value: Changes[string]) => setOwn((before) => ({ ...before, [path]: value }));
  const changes = given ?? own;
  const isTraining = split === "train";
  const views = isTraining && hasEpochs ? columns : 1;
  const asked = Object.fromEntries(SHOWN.flatMap(({ path }) => (path in changes ? [[path, changes[path] ?? ""]] : [])));
  // What was typed; the API says what is wrong with it.
  const recipe = recipeOf(asked) as ArgumentsOf<"showBatch">["query"];
  const query = { ...recipe, split, columns, views, page, ...(name === undefined ? {} : { class: name }) };
  return (
    <>
      <p className="actions">
        <button type="button" className="second" onClick={() => setPage(page + 1)}>
          Show others
        </button>
        {given || !isTraining ? null : (
          <Switch isOn={own.augment !== false} onChange={(isOn) => change("augment", isOn)}>
            Augmentation
          </Switch>
        )}
        {isTraining ? (
          <Switch isOn={hasEpochs} onChange={setEpochs}>
            The same pictures in {columns} epochs
          </Switch>
        ) : null}
      </p>
      <Sheet dataset={dataset} query={query} />
      {given || !isTraining ? null : (
        <details>
          <summary>Transforms</summary>
          <RecipeFields fields={TRANSFORMS} changes={own} faults={NOTHING} onChange={change} />
        </details>
      )}
    </>
  );
}

const Switch = ({
  isOn,
  onChange,
  children,
}: {
  isOn: boolean;
  onChange(isOn: boolean): void;
  children: ReactNode;
}) => (
  <label className="inline">
    <input type="checkbox" checked={isOn} onChange={({ target }) => onChange(target.checked)} />
    {children}
  </label>
);

type Query = NonNullable<ArgumentsOf<"showBatch">["query"]>;

function Sheet({ dataset: id, query }: { dataset: string; query: Query }) {
  const { value, problem, reload } = useAnswer(`batch ${id} ${JSON.stringify(query)}`, async (client, signal) =>
    (await client.call("showBatch", { params: { id }, query, signal })).blob(),
  );
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!value) return;
    const next = URL.createObjectURL(value);
    setAddress(next);
    // What was loaded from it stays on the screen until the next one has come.
    return () => URL.revokeObjectURL(next);
  }, [value]);
  const what = query.split === "valid" ? "Validation pictures" : "Training pictures";
  return (
    <>
      {problem ? <ErrorNote problem={problem} onRetry={reload} /> : null}
      <div className="sheet" hidden={problem !== undefined} aria-busy={!value}>
        {address ? <img src={address} alt={`${what} as the network sees them, each with its class and item`} /> : null}
      </div>
    </>
  );
}
