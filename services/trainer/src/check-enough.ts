// Whether there is anything to train on, said by class so that a person knows where to add pictures.
import { Problem } from "@ursa/contracts/problem";

type Labelled = readonly { label: number }[];

/** @throws Problem too_few_pictures naming each class without a picture on one of the sides */
export function checkEnough(classes: readonly string[], { train, valid }: { train: Labelled; valid: Labelled }): void {
  const count = (side: Labelled, label: number) => side.filter((item) => item.label === label).length;
  const poor = classes.flatMap((name, label) => {
    const [trained, checked] = [count(train, label), count(valid, label)];
    return trained > 0 && checked > 0 ? [] : [`${name} has ${trained} to train on and ${checked} to check with`];
  });
  if (poor.length === 0) return;
  throw new Problem(
    "too_few_pictures",
    `Each class needs a picture to train on and one to check with, but ${poor.join("; ")}; list more pictures of it.`,
  );
}
