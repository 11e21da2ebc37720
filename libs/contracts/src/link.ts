// A link: whoever has it downloads one thing, without a key and for some minutes.
import { z } from "zod";

/** Long enough to begin a download, short enough that a link which was passed on is soon of no use. */
export const MAX_LINK_SECONDS = 300;

/** What a download that was begun in time takes is not counted. */
export const linkSecondsSchema = z.coerce.number().int().min(1).max(MAX_LINK_SECONDS).default(MAX_LINK_SECONDS);

/** `url` is whole where the store answers it; else it is a path at the API's own address. */
export const linkSchema = z.object({ url: z.string(), expiresAt: z.iso.datetime() });
export type Link = z.infer<typeof linkSchema>;

/** @param base the API's address, where it has a path with that */
export const absoluteLink = ({ url }: Link, base: string): string =>
  url.startsWith("/") ? base.replace(/\/+$/, "") + url : url;
