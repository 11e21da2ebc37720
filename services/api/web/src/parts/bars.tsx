import type { Ranked } from "@ursa/contracts/prediction";

/** More than this tell nothing of a picture. */
const MAX_SHOWN = 10;

/** Classes by probability, best first. */
export function Bars({ ranked }: { ranked: Ranked }) {
  const rest = ranked.length - MAX_SHOWN;
  return (
    <>
      <ol className="bars">
        {ranked.slice(0, MAX_SHOWN).map(([name, probability]) => (
          <li key={name}>
            <span>{name}</span>
            <span>{share(probability)}</span>
            <span className="track" aria-hidden="true">
              <span style={{ width: `${100 * probability}%` }} />
            </span>
          </li>
        ))}
      </ol>
      {rest > 0 ? (
        <p className="quiet">{rest === 1 ? "1 more class is" : `${rest} more classes are`} less likely.</p>
      ) : null}
    </>
  );
}

/** No answer is certain, whatever rounds to 100 %. */
const share = (probability: number) => (probability > 0.9995 ? "> 99.9 %" : `${(100 * probability).toFixed(1)} %`);
