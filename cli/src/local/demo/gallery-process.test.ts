// The same pictures under somebody else's address.
import { expect, test } from "vitest";
import { galleryAt } from "./gallery-process.ts";

test.each(["http://gallery:8090", "https://pictures.example/bears/"])("%s takes the place of this machine's", (url) => {
  const here = {
    address: "127.0.0.1:4711",
    classes: [{ name: "black", urls: ["http://127.0.0.1:4711/black/1%20a.jpg"] }],
  };
  const { gallery, nearby } = galleryAt(url, { ...here, expected: { ok: 1 } });
  const [there = ""] = gallery.classes[0]?.urls ?? [];
  expect(there).toBe(`${url.replace(/\/$/, "")}/black/1%20a.jpg`);
  expect(nearby(there)).toBe(here.classes[0]?.urls[0]);
  expect(gallery.expected).toEqual({ ok: 1 });
});
