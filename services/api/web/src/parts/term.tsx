import { GLOSSARY, slugOf, type Term as TermName } from "@ursa/contracts/glossary";
import type { ReactNode } from "react";
import { hrefTo } from "../router.ts";

/** A word with what it means: on hover at once, and on the page Learn. */
export const Term = ({ of, children }: { of: TermName; children?: ReactNode }) => (
  <a
    className="term"
    href={hrefTo("/learn", { term: slugOf(of) })}
    title={GLOSSARY.find(({ term }) => term === of)?.says}
  >
    {children ?? of}
  </a>
);
