// The lesson in one click, with pictures that come with the page: they are uploaded, become a dataset, and a model is trained on it.
import type { Client } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import type { Progress } from "@ursa/contracts/record";
import { followRecord } from "./follow-record.ts";
import bearsUrl from "./lesson.zip?url";
import { goTo, isAt } from "./router.ts";
import { uploadArchive } from "./upload-archive.ts";

const NAME = "lesson";

/** What is being done: `dataset` is the dataset's id once there is one. */
export type LessonStep = { dataset?: string; progress?: Progress | undefined };

/**
 * Leads to the model's page as soon as its training is asked for, unless the person has gone elsewhere meanwhile. Goes on also then.
 * @throws Problem as the API refuses, or as the dataset ended; Error where the pictures are not there any more
 */
export async function startLesson(client: Client, onStep: (step: LessonStep) => void): Promise<void> {
  onStep({});
  const upload = await uploadArchive(client, await fetchBears());
  const { id } = await client.call("createDataset", { body: { name: NAME, sources: [{ upload }] } });
  onStep({ dataset: id });
  const { state, error } = await whenEnded(client, id, (progress) => onStep({ dataset: id, progress }));
  if (state !== "ready") throw new Problem(error?.code ?? "worker_failed", error?.message);
  const model = await client.call("createModel", { body: { dataset: id, name: NAME, recipe: "quick" } });
  if (isAt("/")) goTo(`/models/${model.id}`, { from: "lesson" });
}

async function fetchBears(): Promise<File> {
  const response = await fetch(bearsUrl);
  if (!response.ok) throw new Error("The lesson's pictures are not there any more: this page is old. Reload it.");
  return new File([await response.blob()], `${NAME}.zip`);
}

async function whenEnded(client: Client, id: string, onProgress: (progress: Progress) => void): Promise<Dataset> {
  const { signal } = new AbortController();
  await followRecord(
    (after) =>
      client.call("datasetEvents", { params: { id }, signal, headers: after ? { "last-event-id": after } : {} }),
    { signal, onEvent: (event) => event.type === "progress" && onProgress(event.progress) },
  );
  return client.call("getDataset", { params: { id } });
}
