// What lies in a folder that was dropped or chosen, with its path from that folder's own name on: a folder of a class may be dropped by
// itself, and then its name is the class.
import { BESIDE_PICTURES } from "@ursa/contracts/archive";
import { type FolderFile, packTar } from "./pack-tar.ts";

/** @returns what was dropped: files, and folders, which can only be asked for while the event is being handled */
export function sortDropped(data: DataTransfer): { files: File[]; folders: FileSystemDirectoryEntry[] } {
  const [files, folders]: [File[], FileSystemDirectoryEntry[]] = [[], []];
  for (const item of data.items) {
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    // `isDirectory` says which of the two kinds an entry is.
    if (entry?.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
    else if (file) files.push(file);
  }
  return { files, folders };
}

/** All that lies in folders and below them, by path. */
export async function readFolders(folders: readonly FileSystemDirectoryEntry[]): Promise<FolderFile[]> {
  const found: FolderFile[] = [];
  const waiting: FileSystemEntry[] = [...folders];
  for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
    // As above.
    if (entry.isDirectory) waiting.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
    else found.push({ path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry as FileSystemFileEntry) });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** A reader gives a hundred at a time, and none when it is through. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** What an `<input webkitdirectory>` gives. */
export const filesOfInput = (files: readonly File[]): FolderFile[] =>
  files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** As an archive to upload; hidden files and texts are no pictures. @throws Error where nothing else is there */
export function packFolders(files: readonly FolderFile[]): File {
  const kept = files.filter(({ path }) => !/(^|\/)\./.test(path) && !isText(path));
  const names = new Set(kept.map(({ path }) => path.split("/")[0]));
  const [name = "pictures"] = names.size === 1 ? names : [];
  if (kept.length === 0) throw new Error("There is no picture in that folder.");
  return new File([packTar(kept)], `${name}.tar`);
}

const isText = (path: string) => BESIDE_PICTURES.some((ending) => path.toLowerCase().endsWith(`.${ending}`));
