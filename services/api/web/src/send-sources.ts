// What a dataset is made from, on its way to the service: archives, and lists as they are, so that it reads them by its own rules.
import type { Client } from "@ursa/contracts/client";
import type { DatasetSource } from "@ursa/contracts/dataset";
import type { UrlList } from "./parts/list-editor.tsx";
import { sendingClient } from "./session.ts";
import { uploadArchive } from "./upload-archive.ts";

export type Given = { lists: UrlList[]; archives: File[] };
/** In bytes. */
export type Sent = { name: string; done: number; total: number };

/** @returns the uploads, as a request names them */
export async function sendSources(
  client: Client,
  { lists, archives }: Given,
  onSent: (sent: Sent) => void,
): Promise<DatasetSource[]> {
  const sources: DatasetSource[] = [];
  for (const file of archives) {
    const sending = sendingClient((sent) => onSent({ name: file.name, ...sent }));
    sources.push({ upload: await uploadArchive(sending, file) });
  }
  for (const { id, className, text } of lists) {
    const upload = `${plainName(className)}-${id.slice(0, 12)}.txt`;
    await client.call("putUpload", { params: { name: upload }, body: text, headers: { "content-type": "text/plain" } });
    sources.push({ class: className, upload });
  }
  return sources;
}

/** Items tell the list that they stood in, so its name begins as the class does. */
const plainName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 60) || "list";
