import { GLOSSARY, slugOf } from "@ursa/contracts/glossary";
import { useEffect } from "react";

/** @param asked the term that a link led to, as in its address */
export function GlossaryList({ asked }: { asked: string | null }) {
  useEffect(() => {
    if (asked) document.getElementById(`term-${asked}`)?.scrollIntoView({ block: "center" });
  }, [asked]);
  return (
    <section aria-label="Glossary">
      <h2>Glossary</h2>
      <dl className="glossary">
        {GLOSSARY.map(({ term, says }) => (
          <div key={term} id={`term-${slugOf(term)}`} className={slugOf(term) === asked ? "asked" : undefined}>
            <dt>{term}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
