import { expect, test } from "vitest";
import { bodyOf } from "./note-command.ts";

test("a note is the words as typed; what is not said stays, and clearing says so", () => {
  expect(bodyOf(["labels", "checked"], {})).toEqual({ note: "labels checked" });
  expect(bodyOf([], { name: "bears" })).toEqual({ name: "bears" });
  expect(bodyOf([], { clear: true })).toEqual({ note: null });
  expect(() => bodyOf([], {})).toThrow("What is the note?");
});
