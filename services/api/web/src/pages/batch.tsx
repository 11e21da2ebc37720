// Many pictures at once: a list of URLs, the pictures of a zip or tar, or those of a dataset.
import { isArchiveName } from "@ursa/contracts/archive";
import type { Client } from "@ursa/contracts/client";
import { randomToken } from "@ursa/contracts/random-token";
import { useState } from "react";
import { ErrorNote } from "../parts/error-note.tsx";
import { Field } from "../parts/field.tsx";
import { ModelChoice } from "../parts/model-choice.tsx";
import { PredictionTable } from "../parts/record-tables.tsx";
import { goTo, type PageProps } from "../router.ts";
import { uploadArchive } from "../upload-archive.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { useFileDrop } from "../use-file-drop.ts";
import { OLDER_ONES, useReadyDatasets } from "../use-ready-datasets.ts";

type Question = { model: string; text: string; dataset: string; archive?: File | undefined };

export function BatchPage({ query }: PageProps) {
  const [question, setQuestion] = useState<Question>({
    model: query.get("model") ?? "",
    text: "",
    dataset: query.get("dataset") ?? "",
  });
  const predict = useAction(createPrediction);
  const isOver = useFileDrop(([file]) => {
    if (file && isArchiveName(file.name)) setQuestion({ ...question, dataset: "", archive: file });
    else void file?.text().then((text) => setQuestion({ ...question, archive: undefined, text }));
  });
  return (
    <>
      <form
        className={isOver ? "over" : undefined}
        onSubmit={(event) => {
          event.preventDefault();
          predict.run(question);
        }}
      >
        <h1>Batch</h1>
        <p className="lead">
          Every URL, or every picture of a zip, is answered with a class, or with the reason why it cannot be. Results
          can be looked at here and downloaded as CSV or JSON lines.
        </p>
        <ModelChoice value={question.model} onChange={(model) => setQuestion({ ...question, model })} />
        <DatasetChoice
          value={question.dataset}
          asked={query.get("dataset") ?? ""}
          onChange={(dataset) => setQuestion({ ...question, dataset, archive: undefined })}
        />
        {question.dataset === "" ? <Inputs question={question} onChange={setQuestion} /> : null}
        {predict.problem ? <ErrorNote problem={predict.problem} /> : null}
        <button type="submit" disabled={predict.isRunning}>
          Predict
        </button>
      </form>
      <Earlier />
    </>
  );
}

/** URLs, or an archive in their place. */
function Inputs({ question, onChange }: { question: Question; onChange(question: Question): void }) {
  const { archive, text } = question;
  if (archive)
    return (
      <p className="panel actions">
        <span>
          {archive.name}, {Math.ceil(archive.size / 2 ** 20)} MiB
        </span>
        <button type="button" className="plain" onClick={() => onChange({ ...question, archive: undefined })}>
          Remove
        </button>
      </p>
    );
  return (
    <>
      <Field
        id="batch-urls"
        label="URLs, one per line"
        help="Paste them, or drop a text file, or a zip or tar of pictures, anywhere on this page."
      >
        <textarea
          id="batch-urls"
          required
          rows={8}
          spellCheck={false}
          wrap="off"
          value={text}
          onChange={({ target }) => onChange({ ...question, text: target.value })}
        />
      </Field>
      <p className="actions">
        <label className="button second">
          Choose a zip or tar
          <input
            type="file"
            accept=".zip,.tar,.gz,.tgz"
            onChange={({ target }) => onChange({ ...question, archive: target.files?.[0] })}
          />
        </label>
      </p>
    </>
  );
}

type ChoiceProps = { value: string; asked: string; onChange(id: string): void };

function DatasetChoice({ value, asked, onChange }: ChoiceProps) {
  const answer = useReadyDatasets(asked);
  return (
    <Field id="batch-input" label="Pictures" help={answer.value?.hasMore ? OLDER_ONES : undefined}>
      <select id="batch-input" value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">a list of URLs</option>
        {answer.value?.items.map(({ id, name }) => (
          <option key={id} value={id}>
            dataset {name ?? id}
          </option>
        ))}
      </select>
      {answer.problem ? <ErrorNote problem={answer.problem} onRetry={answer.reload} /> : null}
    </Field>
  );
}

function Earlier() {
  const { value } = useAnswer("predictions", (client, signal) =>
    client.call("listPredictions", { query: { limit: 20 }, signal }),
  );
  if (!value || value.items.length === 0) return null;
  return (
    <section>
      <h2>Earlier</h2>
      <PredictionTable predictions={value.items} />
    </section>
  );
}

async function createPrediction(client: Client, { model, text, dataset, archive }: Question): Promise<void> {
  const upload = () => (archive ? uploadArchive(client, archive) : uploadText(client, text));
  const input = dataset ? { dataset } : { upload: await upload() };
  const { id } = await client.call("createPrediction", { body: { input, ...(model ? { model } : {}) } });
  goTo(`/predictions/${id}`);
}

async function uploadText(client: Client, text: string): Promise<string> {
  const name = `web-${randomToken()}.txt`;
  await client.call("putUpload", { params: { name }, body: text, headers: { "content-type": "text/plain" } });
  return name;
}
