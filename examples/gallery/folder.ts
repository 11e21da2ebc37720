// A folder of real pictures, one sub-folder per class, as a web server and URL lists.
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type ListenAt, startImageServer } from "@ursa/testing/image-server";
import type { Gallery } from "./drawn.ts";

const PICTURES = /\.(jpe?g|png|webp|gif)$/i;

/** @throws Error with a sentence and a remedy when the folder is not one of classes */
export async function serveFolder(folder: string, at?: ListenAt): Promise<Gallery> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw new Error(`There is no folder ${folder}; it should have one sub-folder of pictures per class.`, { cause });
  });
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  const server = await startImageServer({}, undefined, at);
  const classes = await Promise.all(
    names.sort().map(async (name) => ({ name, files: await picturesIn(join(folder, name)) })),
  );
  const filled = classes.filter(({ files }) => files.length > 0);
  if (filled.length < 2) {
    throw new Error(
      `${folder} has ${filled.length} sub-folder(s) with pictures; make at least two, one per class, with JPEG, PNG, WebP or GIF files.`,
    );
  }
  const listed = filled.map(({ name, files }) => {
    const urls = files.map((file) => {
      // As any web server that is given the folder has it.
      const path = `/${encodeURIComponent(name)}/${encodeURIComponent(file)}`;
      server.set(path, (_request, response) =>
        pipeline(createReadStream(join(folder, name, file)), response).catch(() => undefined),
      );
      return server.origin + path;
    });
    return { name, urls };
  });
  return { address: server.address, classes: listed };
}

async function picturesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder);
  return files.filter((file) => PICTURES.test(file)).sort();
}
