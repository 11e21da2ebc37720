// One picture as what a network sees of it: rows by columns by channels of numbers, and the probabilities that it makes of them.
import type { Client } from "@ursa/contracts/client";
import type { Classification } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import { useState } from "react";
import { useAction } from "../use-answer.ts";
import { useFileDrop } from "../use-file-drop.ts";
import { count } from "../wording.ts";
import { Bars } from "./bars.tsx";
import { ErrorNote } from "./error-note.tsx";
import { PicturePatch } from "./picture-patch.tsx";
import { Term } from "./term.tsx";

type Shown = { picture: ImageBitmap; answer: Classification | "no model" };

export function PictureNumbers() {
  const [shown, setShown] = useState<Shown>();
  const look = useAction(async (client, given?: Blob) =>
    setShown(await lookAt(client, given ?? (await anyPicture(client)))),
  );
  const takeFile = ([file]: readonly File[]) => file && look.run(file);
  const isOver = useFileDrop(takeFile);
  return (
    <section aria-label="A picture is numbers" className={isOver ? "over" : undefined}>
      <h2>A picture is numbers</h2>
      <div className="actions">
        <span className="button">
          <label htmlFor="numbers-picture">Choose a picture</label>
          <input
            type="file"
            id="numbers-picture"
            accept="image/*"
            onChange={({ target }) => {
              takeFile([...(target.files ?? [])]);
              target.value = "";
            }}
          />
        </span>
        <button type="button" className="second" disabled={look.isRunning} onClick={() => look.run()}>
          Take one of the newest dataset
        </button>
        <span className="quiet">or drop one anywhere on this page</span>
      </div>
      {look.problem ? <ErrorNote problem={look.problem} /> : null}
      <div aria-live="polite">{shown ? <Numbers {...shown} /> : null}</div>
    </section>
  );
}

function Numbers({ picture, answer }: Shown) {
  const { width, height } = picture;
  return (
    <>
      <p>
        {count(height)} rows × {count(width)} columns × 3 <Term of="channel">channels</Term> ={" "}
        {count(width * height * 3)} numbers from 0 to 255: a <Term of="tensor" />.
      </p>
      <PicturePatch picture={picture} />
      {answer === "no model" ? (
        <p className="empty">No model answers by default yet. Promote one, and its probabilities are shown here.</p>
      ) : (
        <div className="lead">
          <h3>What a model makes of them: one probability per class</h3>
          <Bars ranked={answer.predictions} />
          <p>
            The largest is that of <strong>{answer.class}</strong>, so that is the <Term of="argmax" /> and the answer,
            by {answer.alias ?? answer.model}. Each is a <Term of="probability" />; together they are 1.
          </p>
        </div>
      )}
    </>
  );
}

async function lookAt(client: Client, blob: Blob): Promise<Shown> {
  const picture = await createImageBitmap(blob).catch(() => {
    throw new Problem("bad_image", "This browser cannot read that picture.");
  });
  const answer = await client.call("classify", { query: {}, body: blob }).catch((error: unknown) => {
    if (error instanceof Problem && error.code === "no_default_model") return "no model" as const;
    throw error;
  });
  return { picture, answer };
}

/** @throws Problem not_found where there is none */
async function anyPicture(client: Client): Promise<Blob> {
  const { items: datasets } = await client.call("listDatasets", { query: { limit: 1, state: "ready" } });
  const [id] = datasets.map((dataset) => dataset.id);
  const { items } = id
    ? await client.call("listItems", { params: { id }, query: { outcome: "ok", limit: 1 } })
    : { items: [] };
  const [item] = items;
  if (!id || !item) throw new Problem("not_found", "There is no dataset yet; choose a picture of your own.");
  return (await client.call("getItemImage", { params: { id, key: item.key } })).blob();
}
