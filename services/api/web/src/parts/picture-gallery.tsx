import type { ReactNode } from "react";
import { usePicture } from "../pictures.ts";

const THUMBNAIL = 256;

/** `over` is drawn over the picture: it fills the frame, which shows the centre square. */
export type Shown = { key: string; alt: string; caption: ReactNode; over?: ReactNode };

/** Pictures of a dataset's items with what is said of each. */
export function PictureGallery({ label, dataset, pictures }: { label: string; dataset: string; pictures: Shown[] }) {
  return (
    <ul className="gallery" aria-label={label}>
      {pictures.map((picture) => (
        <li key={picture.key}>
          <Framed dataset={dataset} picture={picture} />
        </li>
      ))}
    </ul>
  );
}

function Framed({ dataset, picture: { key, alt, caption, over } }: { dataset: string; picture: Shown }) {
  const { address, hasFailed } = usePicture({ dataset, key, size: THUMBNAIL });
  return (
    <figure>
      <div className="frame">
        {address ? <img src={address} alt={alt} /> : hasFailed ? <span className="quiet">cannot be shown</span> : null}
        {address ? over : null}
      </div>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
