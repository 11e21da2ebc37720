// What became of a shard's URLs so far, by class: for whoever watches.
import type { Item } from "@ursa/contracts/dataset";
import type { Progress } from "@ursa/contracts/record";

type Classes = NonNullable<Progress["classes"]>;

export function createTally() {
  const counts = new Map<string, Classes[number]["outcomes"]>();
  return {
    add({ class: name, outcome }: Pick<Item, "class" | "outcome">): void {
      const own = counts.get(name) ?? {};
      counts.set(name, { ...own, [outcome]: (own[outcome] ?? 0) + 1 });
    },
    classes: (): Classes => [...counts].map(([name, outcomes]) => ({ class: name, outcomes })),
  };
}
