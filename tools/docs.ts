// Writes the reference pages that are derived from code: docs/configuration.md. tools/docs.test.ts says when they are stale.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeConfig } from "@ursa/service/describe-config";
import { apiConfig } from "../services/api/src/config.ts";
import { downloaderConfig } from "../services/downloader/src/config.ts";
import { infererConfig } from "../services/inferer/src/config.ts";
import { trainerConfig } from "../services/trainer/src/config.ts";

/** The pages by path from the root of the repository. */
export function referencePages(): Record<string, string> {
  const table = describeConfig({
    api: apiConfig,
    downloader: downloaderConfig,
    trainer: trainerConfig,
    inferer: infererConfig,
  });
  return { "docs/configuration.md": CONFIGURATION.replace("TABLE", table) };
}

const CONFIGURATION = `# Configuration

Every service reads its settings from the environment, checks all of them at start, and names every fault at once.
\`ursa up\` sets what it needs by itself. This page is written by \`tools/docs.ts\` from the schemas that read the variables.

TABLE

The command line reads \`URSA_URL\` (where the API is; \`--url\` wins) and \`URSA_DEBUG\` (any value: errors with their stack).
Tests read \`URSA_TEST_S3_URL\`, \`URSA_TEST_S3_ACCESS_KEY\` and \`URSA_TEST_S3_SECRET_KEY\` (see [store.md](store.md));
\`URSA_TEST_PYTHON\` names a Python with the packages of \`examples/python\`, which exported models are then opened in;
\`URSA_TEST_ABSENT_FILE\` and \`URSA_TEST_TALLY_FILE\` are how the test runner hands its counts on.
`;

const pathOf = (page: string) => fileURLToPath(new URL(`../${page}`, import.meta.url));

if (import.meta.main) {
  for (const [page, text] of Object.entries(referencePages())) writeFileSync(pathOf(page), text);
}

/** Pages whose file is not what the code says. */
export function stalePages(): string[] {
  return Object.entries(referencePages()).flatMap(([page, text]) =>
    readFileSync(pathOf(page), "utf8") === text ? [] : [page],
  );
}
