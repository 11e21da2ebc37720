import type { MouseEvent, ReactNode } from "react";
import { usePicture } from "../pictures.ts";
import { hrefTo } from "../router.ts";

const THUMBNAIL = 256;

/** `over` is drawn over the picture: it fills the frame, which shows the centre square. */
export type Shown = { key: string; alt: string; caption: ReactNode; over?: ReactNode };
export type GalleryProps = { label: string; dataset: string; pictures: readonly Shown[] };

/**
 * Pictures of a dataset's items with what is said of each; each leads to its item's drawer.
 * @param props.onOpen opens that of the picture at this place here; without it the dataset's page is gone to
 */
export function PictureGallery({ label, dataset, pictures, onOpen }: GalleryProps & { onOpen?(at: number): void }) {
  return (
    <ul className="gallery" aria-label={label}>
      {pictures.map((picture, at) => (
        <li key={picture.key}>
          <Framed dataset={dataset} picture={picture} onOpen={onOpen && (() => onOpen(at))} />
        </li>
      ))}
    </ul>
  );
}

type FramedProps = { dataset: string; picture: Shown; onOpen: (() => void) | undefined };

function Framed({ dataset, picture: { key, alt, caption, over }, onOpen }: FramedProps) {
  const { address, hasFailed } = usePicture({ dataset, key, size: THUMBNAIL });
  const open = (event: MouseEvent) => {
    // With one of these it is opened elsewhere, as any link.
    if (!onOpen || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onOpen();
  };
  return (
    <figure>
      <a
        className="frame"
        href={hrefTo(`/datasets/${dataset}`, { item: key })}
        aria-label={`Open ${alt}`}
        onClick={open}
      >
        {address ? <img src={address} alt={alt} /> : hasFailed ? <span className="quiet">cannot be shown</span> : null}
        {address ? over : null}
      </a>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
