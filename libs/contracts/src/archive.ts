// Archives of pictures among the uploads: which names they have, and where an entry lies in one.
import { z } from "zod";
import { uploadNameSchema } from "./ids.ts";

const ENDING = /\.(zip|tar|tar\.gz|tgz)$/i;
/** An upload's name says what it is: a list, or an archive of pictures. */
export const isArchiveName = (name: string): boolean => ENDING.test(name);

/** A README or a table of labels beside the pictures of a folder is none of them, and is not packed. */
export const BESIDE_PICTURES = ["txt", "csv", "tsv", "list", "json", "md"] as const;

/** Of one upload as it is sent. */
export const MAX_ARCHIVE_BYTES = 10 * 2 ** 30;
/** Folders and what is left out among them. A plan holds all of them in memory, and pictures of 40 kB fill 10 GiB with as many. */
export const MAX_ARCHIVE_ENTRIES = 250_000;
/** Of one picture, as of one that is downloaded. */
export const MAX_ENTRY_BYTES = 20 * 2 ** 20;

export const archiveEntrySchema = z.object({
  /** What is stored under the upload's name by then, which a later upload of the name does not replace. */
  archive: z.string().regex(/^[0-9a-f]{32}$/),
  /** Bytes of the archive: the entry itself, in a zip with its local header before it. */
  start: z.int().nonnegative(),
  end: z.int().nonnegative(),
  /** Unpacked. */
  bytes: z.int().nonnegative(),
  /** As the zip's directory says; 0 is stored, 8 is deflated. */
  zip: z.object({ method: z.literal([0, 8]), packedBytes: z.int().nonnegative(), crc32: z.int() }).optional(),
});
/** Where the bytes of a picture lie. */
export type ArchiveEntry = z.infer<typeof archiveEntrySchema>;

/** What lies under an archive's upload: which bytes they are. A tar that was compressed is stored as it was before. */
export const archivePointerSchema = z.object({
  archive: archiveEntrySchema.shape.archive,
  format: z.enum(["zip", "tar"]),
  bytes: z.int(),
});
export type ArchivePointer = z.infer<typeof archivePointerSchema>;

export const usedArchiveSchema = z.object({
  upload: uploadNameSchema,
  archive: archiveEntrySchema.shape.archive,
  /** Files that became rows. */
  files: z.int().nonnegative(),
  /** Hidden files, those of macOS and Windows, and links: left out. */
  leftOut: z.int().nonnegative(),
});
export type UsedArchive = z.infer<typeof usedArchiveSchema>;

/** The path within the archive, of a row whose URL is `upload:NAME!PATH`. Upload names have no `!`. */
export const pathOfEntry = (url: string): string => url.slice(url.indexOf("!") + 1);
export const urlOfEntry = (upload: string, path: string): string => `upload:${upload}!${path}`;
