// The drawer over a page that shows pictures of a dataset: one item at a time, and what a person says of it, saved in the dataset's
// draft as it is said.
import type { Dataset, Item } from "@ursa/contracts/dataset";
import type { Draft } from "@ursa/contracts/edits";
import { useRef } from "react";
import { useAnswer } from "../use-answer.ts";
import { useReview } from "../use-review.ts";
import { DraftNote } from "./draft-note.tsx";
import { ErrorNote } from "./error-note.tsx";
import { ItemDrawer } from "./item-drawer.tsx";
import { ItemFacts } from "./item-facts.tsx";
import { Skeleton } from "./skeleton.tsx";

type Props = {
  /** The dataset's id. */
  dataset: string;
  /** Key of the item that is open; undefined: none is. */
  item: string | undefined;
  /** The item itself, where it is there already. */
  known?: Item | undefined;
  onStep?(by: number): void;
  onClose(): void;
};

/** Nothing is asked for before the first item is opened. From then on what was decided goes on being saved, also when the drawer is closed. */
export function ItemBrowser(props: Props) {
  const wasOpened = useRef(false);
  wasOpened.current ||= props.item !== undefined;
  return wasOpened.current ? <Loaded key={props.dataset} {...props} /> : null;
}

function Loaded(props: Props) {
  const { dataset: id } = props;
  const { value, problem, reload } = useAnswer(`mending ${id}`, async (client, signal) => {
    const [dataset, draft] = await Promise.all([
      client.call("getDataset", { params: { id }, signal }),
      client.call("getDraft", { params: { id }, signal }),
    ]);
    return { dataset, draft };
  });
  if (value) return <Mending {...props} of={value.dataset} draft={value.draft} />;
  return problem ? <ErrorNote problem={problem} onRetry={reload} /> : null;
}

function Mending({ of, draft, item, known, onStep, onClose }: Props & { of: Dataset; draft: Draft }) {
  const review = useReview(draft);
  return (
    <>
      {item === undefined ? null : (
        <ItemDrawer item={item} onStep={onStep} onClose={onClose}>
          <NamedItem key={item} dataset={of} item={item} known={known}>
            {(found) => <ItemFacts dataset={of} item={found} review={review} />}
          </NamedItem>
        </ItemDrawer>
      )}
      <DraftNote dataset={of} review={review} />
    </>
  );
}

type NamedProps = {
  dataset: Dataset;
  item: string;
  known: Item | undefined;
  children(item: Item): React.ReactNode;
};

function NamedItem({ dataset: { id }, item: key, known, children }: NamedProps) {
  const { value, problem, reload } = useAnswer(`item ${id} ${key}`, async (client, signal) => {
    if (known) return { items: [known] };
    return client.call("listItems", { params: { id }, query: { keys: key, limit: 1 }, signal });
  });
  const found = known ?? value?.items[0];
  if (found) return children(found);
  if (problem) return <ErrorNote problem={problem} onRetry={reload} />;
  return value ? <p>There is no item {key}.</p> : <Skeleton lines={8} />;
}
