// Apart from the codec, so that a pool can know it without loading one.

/** 50 megapixels: more than a phone or a hand-held camera makes, and about a second of decoding. */
export const MAX_PIXELS = 50_000_000;
