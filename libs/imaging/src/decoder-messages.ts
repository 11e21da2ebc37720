// What a pool and its decoder processes say to each other. Both ends are this package at the same version.
import type { AugmentationParameters } from "./augment-pixels.ts";
import type { ContactSheet } from "./contact-sheet.ts";
import type { ImageOutcome } from "./image-refused.ts";
import type { SoundPicture } from "./inspect-picture.ts";
import type { PictureStatistics } from "./measure-picture.ts";

export type DecoderTask = PictureTask | ({ kind: "contactSheet" } & ContactSheet);

type PictureTask = { bytes: Uint8Array } & (
  | { kind: "inspect"; preparedShortSide?: number | undefined }
  | { kind: "view"; size: number }
  | { kind: "ttaViews"; size: number }
  | { kind: "augment"; size: number; augmentations: readonly AugmentationParameters[] }
  | { kind: "thumbnail"; longSide: number }
  | { kind: "measure" }
);

export type DecoderResult = SoundPicture | PictureStatistics | Uint8Array | Uint8Array[];

export type DecoderReply =
  | { kind: "ready" }
  /** Its last words: it is above its memory limit in the middle of a task. */
  | { kind: "out_of_memory" }
  | ({ kind: "done"; result: DecoderResult } & Wear)
  | ({ kind: "refused"; outcome: ImageOutcome; reason: string } & Wear)
  | ({ kind: "failed"; message: string } & Wear);

/** Allocators keep what a large picture took; a decoder that holds half its limit while idle asks to be replaced. */
type Wear = { isWornOut: boolean };
