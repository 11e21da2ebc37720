// A zip or tar of pictures on its way to the service. The browser streams it from the disk.
import type { Client } from "@ursa/contracts/client";
import { randomToken } from "@ursa/contracts/random-token";

/** @returns the upload's name, which begins as the file's does: rows tell it */
export async function uploadArchive(client: Client, file: File): Promise<string> {
  const [ending = ".zip"] = /(\.tar)?\.[^.]*$/.exec(file.name.toLowerCase()) ?? [];
  const stem = file.name
    .slice(0, -ending.length)
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 60);
  const name = `${stem || "pictures"}-${randomToken().slice(0, 12)}${ending}`;
  await client.call("putUpload", { params: { name }, body: file });
  return name;
}
