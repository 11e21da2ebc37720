// A stream that knows how long it should be: one that is cut short errors instead of ending.
import { createHash } from "node:crypto";
import { type Readable, Transform } from "node:stream";
import { ChecksumMismatch, StoreUnavailable } from "./object-store.ts";

/** `bytes` is the exact length; `sha256`, lower-case hex, is checked when given. */
export type Expected = { key: string; bytes: number; sha256?: string | undefined };

/**
 * Passes `source` on. The result errors with StoreUnavailable when the source errors, is cut short or runs over, and with
 * ChecksumMismatch when the bytes are not the expected ones. Destroying the result destroys the source.
 */
export function expectBytes(source: Readable, { key, bytes, sha256 }: Expected): Readable {
  const hash = sha256 === undefined ? undefined : createHash("sha256");
  let seen = 0;
  const wrongLength = () => new StoreUnavailable(`Expected ${bytes} bytes of ${key}, got ${seen}`);
  const guard = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      hash?.update(chunk);
      if (seen > bytes) done(wrongLength());
      else done(null, chunk);
    },
    flush(done) {
      if (seen !== bytes) done(wrongLength());
      else if (hash !== undefined && hash.digest("hex") !== sha256) done(mismatch(key, sha256));
      else done();
    },
  });
  guard.on("error", () => {}); // a stream nobody reads yet must not end the process; whoever reads it gets the error
  source.once("error", (cause) =>
    guard.destroy(new StoreUnavailable(`Reading ${key} failed: ${cause.message}`, { cause })),
  );
  source.once("close", () => source.readableEnded || guard.destroy(wrongLength()));
  guard.once("close", () => source.destroy());
  return source.pipe(guard);
}

function mismatch(key: string, sha256: string | undefined): ChecksumMismatch {
  return new ChecksumMismatch(`The bytes of ${key} do not have the sha256 ${sha256} they were stored with`);
}
