// `npm run lint`: style and types; with `-- --fix` what can be mended is.
import { runChecks } from "./checks.ts";

const results = runChecks({ fix: process.argv.includes("--fix") });
process.exitCode = results.every(Boolean) ? 0 : 1;
