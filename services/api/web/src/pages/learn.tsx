// The lesson's ideas on numbers that a person can turn: gradient descent, a picture as numbers, and the words.
import { Descent } from "../parts/descent.tsx";
import { GlossaryList } from "../parts/glossary-list.tsx";
import { PictureNumbers } from "../parts/picture-numbers.tsx";
import type { PageProps } from "../router.ts";

export function LearnPage({ query }: PageProps) {
  return (
    <>
      <h1>Learn</h1>
      <Descent />
      <PictureNumbers />
      <GlossaryList asked={query.get("term")} />
    </>
  );
}
