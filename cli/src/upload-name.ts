// The name a list, or an archive, is uploaded under. It holds the list's own hash, so that two lists never replace each other, whoever
// uploads them; the file's name stands before it, because reports and errors name a list by its upload.
import { basename } from "node:path";

/** An upload's name has at most 128 characters. */
const MAX_STEM = 60;
/** 128 bits: two lists of one name by accident are out of the question. */
const HASH_DIGITS = 32;
const ENDING = /\.(csv|tsv|txt|zip|tar|tar\.gz|tgz)$/;

/** `urls_black-<32 digits>.txt` for `lists/urls_black.txt`; what an upload's name cannot hold becomes `_`. */
export function uploadName(path: string, sha256: string): string {
  const [ending = ".txt"] = ENDING.exec(path.toLowerCase()) ?? [];
  const stem = basename(path)
    .replace(/(\.tar)?\.[^.]*$/, "")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "_")
    .replace(/^[._-]+/, "")
    .slice(0, MAX_STEM);
  return `${stem || "list"}-${sha256.slice(0, HASH_DIGITS)}${ending}`;
}
