// Builds the page when it is missing or was built from other sources: `node services/api/web/build.ts`. Says one line when it
// builds and nothing when there is nothing to do. `ursa up`, the demo and the tests run it before the API starts.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const here = import.meta.dirname;
const repository = resolve(here, "../../..");
const built = join(here, "dist");
const stamp = join(built, "sources.sha256");

const wanted = hashOfSources();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) await buildOnce();

/** Of everything that decides what is built. By content: a checkout gives files any age. */
function hashOfSources(): string {
  const patterns = ["services/api/web/{src/**,*.html,*.ts,*.json}", "libs/contracts/src/**/*.ts", "package-lock.json"];
  const paths = globSync(patterns, { cwd: repository, exclude: ["**/*.test.*"], withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash("sha256");
  for (const path of paths.sort()) hash.update(`${path.slice(repository.length)}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

/** Beside and then moved into place, so that nobody is served half a page and two builds at once do no harm. */
async function buildOnce(): Promise<void> {
  const startedAt = performance.now();
  const beside = mkdtempSync(join(here, "dist-"));
  try {
    // Loaded when there is something to build: it takes longer than looking.
    // Whatever started this, a test too: React's development build is half as large again, and slower.
    process.env.NODE_ENV = "production";
    const { build } = await import("vite");
    const configFile = join(here, "vite.config.ts");
    await build({ configFile, logLevel: "warn", build: { outDir: beside, emptyOutDir: true } });
    writeFileSync(join(beside, "sources.sha256"), wanted);
    chmodSync(beside, 0o755);
    rmSync(built, { recursive: true, force: true });
    renameSync(beside, built);
  } catch (error) {
    // The other build was faster to move its own.
    if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) throw error;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  console.log(`The web page was built in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
}
