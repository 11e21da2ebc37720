import type { Suspect } from "@ursa/contracts/suspect";
import { usePicture } from "../pictures.ts";

type Props = { dataset: string; item: string; size: number; says?: string };

/** @param props.says the class it is labelled, of the picture itself; without it, it is the one that it repeats */
export function SuspectPicture({ dataset, item, size, says }: Props) {
  const { address, hasFailed } = usePicture({ dataset, key: item, size });
  const name = says === undefined ? `Item ${item}, which it repeats` : `Item ${item}, labelled ${says}`;
  return (
    <figure>
      <div className="large">
        {address ? <img src={address} alt={name} /> : null}
        {hasFailed ? <span className="quiet">The stored picture cannot be shown.</span> : null}
      </div>
      {says === undefined ? <figcaption className="quiet">Item {item}</figcaption> : null}
    </figure>
  );
}

/** The class that it has, and the one that it looks like. */
export function LooksLike({ suspect: { class: name, reasons } }: { suspect: Suspect }) {
  const looks = reasons.find(({ looksLike }) => looksLike !== undefined)?.looksLike;
  return looks === undefined ? name : `${name}, looks like ${looks}`;
}
