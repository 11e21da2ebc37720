// The views that a picture is answered from, made by a decoder process: the bytes are a stranger's.
import type { DecoderPool } from "@ursa/imaging/decoder-pool";

export type ViewDecoders = Pick<DecoderPool, "view" | "ttaViews">;

/** The plain view first. @throws ImageRefused */
export const viewsOf = async (
  decoders: ViewDecoders,
  bytes: Uint8Array,
  { size, tta, signal }: { size: number; tta: boolean; signal: AbortSignal },
): Promise<Uint8Array[]> => (tta ? decoders.ttaViews(bytes, size, signal) : [await decoders.view(bytes, size, signal)]);
