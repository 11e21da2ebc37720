// Lists of URLs become a dataset: a class each, pasted or dropped. Or archives of pictures do.

import { isArchiveName } from "@ursa/contracts/archive";
import { classOfList } from "@ursa/contracts/class-of-list";
import type { Client } from "@ursa/contracts/client";
import { useState } from "react";
import type { FolderFile } from "../pack-tar.ts";
import { ErrorNote } from "../parts/error-note.tsx";
import { Field } from "../parts/field.tsx";
import { emptyList, ListEditor, type UrlList } from "../parts/list-editor.tsx";
import { SearchSnippet } from "../parts/search-snippet.tsx";
import { filesOfInput, packFolders, readFolders } from "../read-folder.ts";
import { goTo, hrefTo, type PageProps } from "../router.ts";
import { type Given, type Sent, sendSources } from "../send-sources.ts";
import { useAction } from "../use-answer.ts";
import { useFileDrop } from "../use-file-drop.ts";
import { bytes } from "../wording.ts";

type Settings = { name: string; maxImages: string; maxFailed: string };

export const NewDatasetPage = () => <SourcesForm />;

/** For more pictures of a dataset, which make its next version. */
export const AddPicturesPage = ({ params }: PageProps) => <SourcesForm parent={params.id} />;

function SourcesForm({ parent }: { parent?: string | undefined }) {
  const [lists, setLists] = useState<UrlList[]>(() => (parent ? [emptyList()] : [emptyList(), emptyList()]));
  const [settings, setSettings] = useState<Settings>({ name: "", maxImages: "", maxFailed: "" });
  const [archives, setArchives] = useState<File[]>([]);
  const [sent, setSent] = useState<Sent>();
  const create = useAction((client, given: Given) => makeDataset(client, given, { parent, settings, onSent: setSent }));
  const takeFiles = (files: readonly File[]) => {
    // One that is given again takes its own place.
    const given = files.filter(isArchive);
    setArchives((before) => [...before.filter((one) => !given.some(({ name }) => name === one.name)), ...given]);
    const texts = files.filter((file) => !isArchive(file));
    void readLists(texts).then((read) => setLists((before) => [...before.filter(isUsed), ...read]));
  };
  const folders = useAction(async (_client, read: () => Promise<FolderFile[]>) =>
    takeFiles([packFolders(await read())]),
  );
  const isOver = useFileDrop(takeFiles, (dropped) => folders.run(() => readFolders(dropped)));
  return (
    <form
      className={isOver ? "over" : undefined}
      onSubmit={(event) => {
        event.preventDefault();
        setSent(undefined);
        create.run({ lists: lists.filter(isUsed), archives });
      }}
    >
      <Heading parent={parent} />
      <Lead />
      <SearchSnippet />
      <NameField name={settings.name} onName={(name) => setSettings({ ...settings, name })} />
      <Archives archives={archives} onChange={setArchives} />
      <Lists
        lists={archives.length > 0 ? lists.filter(isUsed) : lists}
        onChange={setLists}
        onFiles={takeFiles}
        onFolder={(files) => folders.run(async () => filesOfInput(files))}
      />
      {parent ? null : <Limits settings={settings} onChange={setSettings} />}
      {[folders.problem, create.problem].map((problem) =>
        problem ? <ErrorNote key={String(problem)} problem={problem} /> : null,
      )}
      {create.isRunning && sent ? <Sending {...sent} /> : null}
      <button type="submit" disabled={create.isRunning}>
        {create.isRunning ? "Sending …" : parent ? "Add them" : "Make the dataset"}
      </button>
    </form>
  );
}

const Heading = ({ parent }: { parent: string | undefined }) =>
  parent ? (
    <>
      <h1>Add pictures</h1>
      <p>
        They make the next version of <a href={hrefTo(`/datasets/${parent}`)}>dataset {parent}</a>: of its classes or of
        new ones. Only what is new is fetched, and what is there stays as it is.
      </p>
    </>
  ) : (
    <h1>New dataset</h1>
  );

const Lead = () => (
  <p className="lead">
    One list of picture URLs per class, one URL per line. Paste them, or drop text files anywhere on this page: a file's
    name is its class, so <code>urls_black.txt</code> is <em>black</em>. Blank lines and <code>#</code> comments are
    fine. Or drop a folder, a zip or a tar of pictures, in folders named by their classes.
  </p>
);

const NameField = ({ name, onName }: { name: string; onName(name: string): void }) => (
  <Field id="name" label="Name" help="To know it by; may be left empty.">
    <input id="name" value={name} maxLength={200} autoComplete="off" onChange={({ target }) => onName(target.value)} />
  </Field>
);

function Archives({ archives, onChange }: { archives: File[]; onChange(archives: File[]): void }) {
  return archives.map((file) => (
    <p key={file.name} className="panel actions">
      <span>
        {file.name}, {Math.ceil(file.size / 2 ** 20)} MiB: the folder above each picture is its class; train, valid and
        test fix the split.
      </span>
      <button type="button" className="plain" onClick={() => onChange(archives.filter((one) => one !== file))}>
        Remove
      </button>
    </p>
  ));
}

type ListsProps = {
  lists: UrlList[];
  onChange(change: (before: UrlList[]) => UrlList[]): void;
  onFiles(files: readonly File[]): void;
  onFolder(files: readonly File[]): void;
};

function Lists({ lists, onChange, onFiles, onFolder }: ListsProps) {
  const change = (list: UrlList) => onChange((before) => before.map((one) => (one.id === list.id ? list : one)));
  const remove = (id: string) => onChange((before) => before.filter((one) => one.id !== id));
  return (
    <>
      <div className="lists">
        {lists.map((list, at) => (
          <ListEditor
            key={list.id}
            list={list}
            place={at + 1}
            onChange={change}
            onRemove={lists.length > 1 ? () => remove(list.id) : undefined}
          />
        ))}
      </div>
      <p className="actions">
        <button type="button" className="second" onClick={() => onChange((before) => [...before, emptyList()])}>
          Add a class
        </button>
        <label className="button second">
          Choose files
          <input
            type="file"
            multiple
            accept=".txt,.csv,.tsv,.list,text/plain,.zip,.tar,.gz,.tgz"
            onChange={({ target }) => onFiles([...(target.files ?? [])])}
          />
        </label>
        <label className="button second">
          Choose a folder
          <input type="file" webkitdirectory="" onChange={({ target }) => onFolder([...(target.files ?? [])])} />
        </label>
      </p>
    </>
  );
}

function Limits({ settings, onChange }: { settings: Settings; onChange(settings: Settings): void }) {
  return (
    <details>
      <summary>Limits</summary>
      <div className="fields">
        <Field
          id="max-images"
          label="Pictures per class, at most"
          help="The first so many of each list; the rest are skipped. Empty: all."
        >
          <input
            id="max-images"
            type="number"
            min={1}
            value={settings.maxImages}
            onChange={({ target }) => onChange({ ...settings, maxImages: target.value })}
          />
        </Field>
        <Field
          id="max-failed"
          label="Part of a class that may fail, in %"
          help="Where more fails, the dataset fails. Empty: 50."
        >
          <input
            id="max-failed"
            type="number"
            min={0}
            max={100}
            value={settings.maxFailed}
            onChange={({ target }) => onChange({ ...settings, maxFailed: target.value })}
          />
        </Field>
      </div>
    </details>
  );
}

const isUsed = ({ className, text }: UrlList) => className.trim() !== "" || text.trim() !== "";

const isArchive = ({ name }: File) => isArchiveName(name);

const readLists = (files: readonly File[]): Promise<UrlList[]> =>
  Promise.all(
    files.map(async (file) => ({ ...emptyList(), className: classOfList(file.name), text: await file.text() })),
  );

const Sending = ({ name, done, total }: Sent) => (
  <div className="meter">
    <div>
      <span>Sending {name}</span>
      <span className="quiet">
        {bytes(done)} of {bytes(total)}
      </span>
    </div>
    <progress aria-label={`Sending ${name}`} max={Math.max(total, 1)} value={done} />
  </div>
);

type How = { parent: string | undefined; settings: Settings; onSent(sent: Sent): void };

/** A dataset of its own, or the next version of one with more pictures. */
async function makeDataset(client: Client, given: Given, { parent, settings, onSent }: How): Promise<void> {
  const sources = await sendSources(client, given, onSent);
  const options = {
    ...(settings.maxImages ? { maxImages: Number(settings.maxImages) } : {}),
    ...(settings.maxFailed ? { maxFailedFraction: Number(settings.maxFailed) / 100 } : {}),
  };
  const name = settings.name.trim() ? { name: settings.name.trim() } : {};
  const { id } = parent
    ? await client.call("addToDataset", { params: { id: parent }, body: { ...name, sources } })
    : await client.call("createDataset", { body: { ...name, sources, options } });
  goTo(`/datasets/${id}`);
}
