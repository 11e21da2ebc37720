import { expect, test } from "vitest";
import { checkEnough } from "./check-enough.ts";

const of = (...labels: number[]) => labels.map((label) => ({ label }));

test("one picture of each class on each side is enough", () => {
  expect(() => checkEnough(["black", "teddy"], { train: of(0, 1), valid: of(1, 0) })).not.toThrow();
});

test("every class that lacks a side is named with its counts", () => {
  const check = () => checkEnough(["black", "teddy", "grizzly"], { train: of(0, 0, 1), valid: of(0) });
  expect(check).toThrow(
    expect.objectContaining({
      code: "too_few_pictures",
      message: expect.stringMatching(
        /but teddy has 1 to train on and 0 to check with; grizzly has 0 .* and 0 to check/,
      ),
    }),
  );
});
