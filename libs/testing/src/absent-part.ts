// How a test says that a real part was not there, so that nobody takes a run against stand-ins for the whole proof.
import { appendFileSync } from "node:fs";

/** @param sentence such as "MinIO was not found, so the S3 driver was tested against the stub only." */
export function reportAbsentPart(sentence: string): void {
  // `npm test` collects the sentences of all test processes here and prints each once, at the end.
  const path = process.env.URSA_TEST_ABSENT_FILE;
  if (path) appendFileSync(path, `${sentence}\n`);
  else console.warn(sentence);
}
