// One picture, one answer: dropped, chosen, pasted, taken, or named by its URL.
import type { Client } from "@ursa/contracts/client";
import type { Classification } from "@ursa/contracts/prediction";
import { type ReactNode, useEffect, useState } from "react";
import { Bars } from "../parts/bars.tsx";
import { Camera } from "../parts/camera.tsx";
import { CopiedText } from "../parts/copied-text.tsx";
import { ErrorNote } from "../parts/error-note.tsx";
import { Field } from "../parts/field.tsx";
import { HeatOverlay, HeatToggle } from "../parts/heat-overlay.tsx";
import { ModelChoice } from "../parts/model-choice.tsx";
import type { PageProps } from "../router.ts";
import { BASE_URL } from "../session.ts";
import { useAction, useAnswer } from "../use-answer.ts";
import { useFileDrop } from "../use-file-drop.ts";

type Question = { file: File } | { url: string };
type Result = { question: Question; answer: Classification };

type How = { model: string; heatMap?: "true"; signal?: AbortSignal };
const ask = (client: Client, question: Question, { model, heatMap, signal }: How) => {
  const query = { ...(model ? { model } : {}), ...(heatMap ? { heatMap } : {}) };
  const common = signal ? { signal } : {};
  if ("file" in question) return client.call("classify", { query, body: question.file, ...common });
  return client.call("classifyUrl", { query: { ...query, url: question.url }, ...common });
};

export function TryItPage({ query }: PageProps) {
  const [model, setModel] = useState(query.get("model") ?? "");
  const [result, setResult] = useState<Result>();
  const [isLooking, setLooking] = useState(false);
  const classify = useAction(async (client, question: Question) => {
    setResult(undefined);
    setResult({ question, answer: await ask(client, question, { model }) });
  });
  const takeFile = ([file]: readonly File[]) => file && classify.run({ file });
  const isOver = useFileDrop(takeFile);
  usePaste(takeFile);
  return (
    <div className={isOver ? "over" : undefined}>
      <h1>Try it</h1>
      <ModelChoice value={model} onChange={setModel} />
      <PictureInput onFiles={takeFile} />
      <Camera onPicture={(file) => classify.run({ file })} />
      <UrlInput isDisabled={classify.isRunning} onUrl={(url) => classify.run({ url })} />
      <div aria-live="polite">
        {classify.isRunning ? <p className="quiet">Classifying …</p> : null}
        {result ? <AnswerView {...result} isLooking={isLooking} onLook={setLooking} /> : null}
      </div>
      {classify.problem ? <ErrorNote problem={classify.problem} /> : null}
    </div>
  );
}

function PictureInput({ onFiles }: { onFiles(files: readonly File[]): void }) {
  return (
    <div className="drop">
      <input
        type="file"
        id="picture"
        accept="image/*"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // So that the same file again asks again.
          target.value = "";
        }}
      />
      <label htmlFor="picture">
        <strong>Choose a picture</strong>
        <span>or drop or paste one anywhere on this page</span>
      </label>
    </div>
  );
}

function UrlInput({ isDisabled, onUrl }: { isDisabled: boolean; onUrl(url: string): void }) {
  const [url, setUrl] = useState("");
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        onUrl(url.trim());
      }}
    >
      <Field id="url" label="Or the URL of a picture">
        <input
          id="url"
          type="url"
          required
          maxLength={4096}
          autoComplete="off"
          placeholder="https://…/picture.jpg"
          value={url}
          onChange={({ target }) => setUrl(target.value)}
        />
      </Field>
      <button type="submit" disabled={isDisabled}>
        Classify
      </button>
    </form>
  );
}

type Looking = { isLooking: boolean; onLook(isOn: boolean): void };

function AnswerView({ question, answer, isLooking, onLook }: Result & Looking) {
  const { predictions, class: best, milliseconds, model, alias } = answer;
  const { fetch, decode, total } = milliseconds;
  const parts = [
    ...(fetch === undefined ? [] : [`fetching ${fetch.toFixed(0)} ms`]),
    `decoding ${decode.toFixed(0)} ms`,
    `the network ${milliseconds.model.toFixed(0)} ms`,
  ];
  const looked = isLooking ? <Looked question={question} model={model} /> : null;
  return (
    <section className="answer" aria-label="Answer">
      <div>
        {"file" in question ? (
          <Preview file={question.file} name={best}>
            {looked}
          </Preview>
        ) : isLooking ? (
          <div className="preview unseen">{looked}</div>
        ) : null}
        <HeatToggle isOn={isLooking} onChange={onLook} />
        {"url" in question && isLooking ? (
          <p className="quiet">
            Of its centre square. The picture is not shown: this page loads nothing of other sites.
          </p>
        ) : null}
      </div>
      <div>
        <h2>{best}</h2>
        <Bars ranked={predictions} />
        <p className="quiet">
          Answered by {alias ?? <code>{model}</code>} in {total.toFixed(0)} ms: {parts.join(", ")}.
        </p>
        <p className="quiet">It always answers with one of its classes, also for a picture of something else.</p>
        {"url" in question ? (
          <CopiedText label="Link" button="Copy a link to this answer" text={linkTo(question.url, alias ?? model)} />
        ) : null}
      </div>
    </section>
  );
}

/** The lesson's own address, which answers whoever may ask this Ursa. */
function linkTo(url: string, model: string): string {
  const address = new URL("classify-url", BASE_URL);
  address.search = new URLSearchParams({ url, model }).toString();
  return address.href;
}

/** Asked only when somebody wants to see it. */
function Looked({ question, model }: { question: Question; model: string }) {
  const { value, problem } = useAnswer(`heat map ${model}`, (client, signal) =>
    ask(client, question, { model, heatMap: "true", signal }),
  );
  if (problem) return <ErrorNote problem={problem} />;
  return value?.heatMap ? <HeatOverlay map={value.heatMap} /> : null;
}

function Preview({ file, name, children }: { file: File; name: string; children: ReactNode }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  // The service reads kinds that a browser may not show.
  return address ? (
    <div className="preview">
      <img src={address} alt={`Classified as ${name}`} onError={() => setAddress(undefined)} />
      {children}
    </div>
  ) : null;
}

function usePaste(take: (files: readonly File[]) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => take([...(event.clipboardData?.files ?? [])]);
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [take]);
}
