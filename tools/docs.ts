// Writes what is derived from elsewhere: from the configuration schemas docs/configuration.md and the names that services take
// for known, and from the rules of Prometheus the same for its operator in Kubernetes.
// tools/docs.test.ts says when they are stale.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeConfig } from "@ursa/service/describe-config";
import { apiConfig } from "../services/api/src/config.ts";
import { downloaderConfig } from "../services/downloader/src/config.ts";
import { infererConfig } from "../services/inferer/src/config.ts";
import { serveConfig } from "../services/serve/src/config.ts";
import { trainerConfig } from "../services/trainer/src/config.ts";

const pathOf = (page: string) => fileURLToPath(new URL(`../${page}`, import.meta.url));

/** The derived files by path from the root of the repository. */
export function referencePages(): Record<string, string> {
  const table = describeConfig({
    api: apiConfig,
    downloader: downloaderConfig,
    trainer: trainerConfig,
    inferer: infererConfig,
    serve: serveConfig,
  });
  const page = CONFIGURATION.replace("TABLE", table);
  return {
    "docs/configuration.md": page,
    "libs/service/variables.json": listVariables(page),
    "deploy/k8s/components/monitoring/rules.yaml": prometheusRule("deploy/prometheus/rules/ursa.yml"),
  };
}

/** One environment is often shared by all of Ursa (compose, `ursa up`), so a name that any part reads is known to each. */
function listVariables(page: string): string {
  const names = [...new Set(page.match(/\bURSA_[A-Z0-9_]*[A-Z0-9]\b/g))].sort();
  return `${JSON.stringify(names, undefined, 2)}\n`;
}

/** A file of rules is, word for word, the `spec` of the operator's object. */
function prometheusRule(path: string): string {
  const rules = readFileSync(pathOf(path), "utf8").replace(/^(?=.)/gm, "  ");
  return `# Written by tools/docs.ts from ${path}.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: ursa
  labels: {app.kubernetes.io/name: ursa, app.kubernetes.io/component: metrics}
spec:
${rules}`;
}

const CONFIGURATION = `# Configuration

Every service reads its settings from the environment, checks all of them at start, and names every fault at once; a variable
that begins with \`URSA_\` and is not on this page is one, and the nearest name is told. Variables that Kubernetes sets for Services
(\`enableServiceLinks\`) are left alone. \`ursa up\` and \`ursa serve\` set what they need by themselves. This page is written by \`tools/docs.ts\` from the
schemas that read the variables.

\`node services/api/src/main.ts --print-config\` (and so for each service), or \`ursa up --print-config\` for all of them, prints the
settings in effect and where each came from, then ends. Secrets are left out, also those inside URLs:

\`\`\`
URSA_REDIS_URL=rediss://[redacted]@redis.example:6380   # file /run/secrets/redis-url
URSA_STORE_URL=s3://minio.example:9000/ursa             # env
URSA_PORT=8080                                          # default
\`\`\`

TABLE

The command line reads \`URSA_URL\` (where the API is; \`--url\` wins), \`URSA_KEY\` or \`URSA_KEY_FILE\` (an API key, or a file that
holds one; \`--key-file\` wins) and \`URSA_DEBUG\` (any value: errors with their stack).
Tests read \`URSA_TEST_S3_URL\`, \`URSA_TEST_S3_ACCESS_KEY\` and \`URSA_TEST_S3_SECRET_KEY\` (see [store.md](store.md));
\`URSA_TEST_PYTHON\` names a Python with the packages of \`examples/python\`, which exported models are then opened in;
\`URSA_TEST_SHOTS_DIR\` is where pictures of the web page are kept (left out: \`.ursa/screenshots\`);
\`URSA_TEST_ABSENT_FILE\` and \`URSA_TEST_TALLY_FILE\` are how the test runner hands its counts on.
Benchmarks read \`URSA_FASTAI_PYTHON\` and \`URSA_TORCH_PYTHON\`, each a Python that has what they compare with, and \`URSA_SCHEMATHESIS\`, the program of that name.
`;

if (import.meta.main) {
  for (const [page, text] of Object.entries(referencePages())) writeFileSync(pathOf(page), text);
}

/** Pages whose file is not what the code says. */
export function stalePages(): string[] {
  return Object.entries(referencePages()).flatMap(([page, text]) =>
    readFileSync(pathOf(page), "utf8") === text ? [] : [page],
  );
}
