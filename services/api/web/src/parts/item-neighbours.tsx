import { useAnswer } from "../use-answer.ts";
import { ErrorNote } from "./error-note.tsx";
import { PictureGallery } from "./picture-gallery.tsx";

/** Enough to see whether a picture is there twice. */
const SHOWN = 6;

/** The pictures that look most like one, by their perceptual hashes. */
export function ItemNeighbours({ dataset: id, item: key }: { dataset: string; item: string }) {
  const { value, problem } = useAnswer(`neighbours ${id} ${key}`, (client, signal) =>
    client.call("listItemNeighbours", { params: { id, key }, query: { limit: SHOWN }, signal }),
  );
  if (problem) return <ErrorNote problem={problem} />;
  if (!value) return null;
  const pictures = value.items.map(({ item, distance }) => ({
    key: item.key,
    alt: `${item.class}, item ${item.key}`,
    caption: `${item.class}, item ${item.key}: ${distance === 0 ? "the same hash" : `${distance} of 64 bits differ`}`,
  }));
  return (
    <section>
      <h2>Neighbours</h2>
      {pictures.length > 0 ? (
        <PictureGallery label="Neighbours" dataset={id} pictures={pictures} />
      ) : (
        <p className="quiet">No other picture looks like it.</p>
      )}
    </section>
  );
}
