import { expect, test } from "vitest";
import { isDiskFull } from "./disk-full.ts";

const failed = (code: string) => Object.assign(new Error("write failed"), { code, syscall: "write" });

test.each([
  ["a disk without space", failed("ENOSPC"), true],
  ["a quota that is used up", failed("EDQUOT"), true],
  ["a store whose file system said so", new Error("The store could not write", { cause: failed("ENOSPC") }), true],
  ["a disk that breaks", failed("EIO"), false],
  ["anything else", "ENOSPC", false],
])("%s", (_, error, isFull) => {
  expect(isDiskFull(error)).toBe(isFull);
});
