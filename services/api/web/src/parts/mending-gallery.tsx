import { useState } from "react";
import { ItemBrowser } from "./item-browser.tsx";
import { type GalleryProps, PictureGallery } from "./picture-gallery.tsx";

/** Pictures that are opened one after the other, and mended, where they are shown. */
export function MendingGallery({ label, dataset, pictures }: GalleryProps) {
  const [open, setOpen] = useState<number>();
  const step = (by: number) => setOpen((at = 0) => Math.max(0, Math.min(pictures.length - 1, at + by)));
  return (
    <>
      <PictureGallery label={label} dataset={dataset} pictures={pictures} onOpen={setOpen} />
      <ItemBrowser
        dataset={dataset}
        item={open === undefined ? undefined : pictures[open]?.key}
        onStep={step}
        onClose={() => setOpen(undefined)}
      />
    </>
  );
}
