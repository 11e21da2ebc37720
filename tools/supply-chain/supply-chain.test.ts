// What others' code may come in by: which packages, from where, under which licences, and which of their scripts run. Each rule is
// shown able to fail.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { directDependencies, faultsOf, LOCKFILES, MANIFESTS, PAGE, withFacts } from "./dependencies.ts";
import { exceptionFor, isAllowed, LICENCE_EXCEPTIONS } from "./licences.ts";
import { broughtBy, foreignEntries, type Lock, type LockEntry, nameOf, readLock } from "./lockfile.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const locks = LOCKFILES.map((path) => [path, readLock(join(ROOT, path))] as const);
const [[, rootLock] = ["", {}]] = locks;
const dependencies = directDependencies();
const page = readFileSync(PAGE, "utf8");

/** Why each may have a script that is not run stands in docs/dependencies.md. */
const SCRIPTS: Record<string, string[]> = {
  "package-lock.json": ["cpu-features", "msgpackr-extract", "onnxruntime-node", ...Array(3).fill("protobufjs"), "ssh2"],
  "engines/tfjs-node/package-lock.json": ["@tensorflow/tfjs-node"],
  "engines/tfjs-node-gpu/package-lock.json": ["@tensorflow/tfjs-node-gpu"],
};

const entry = (more: Partial<LockEntry>): LockEntry => ({
  ...{ version: "1.0.0", integrity: "sha512-AAAA", license: "MIT" },
  ...{ dependencies: {}, optionalDependencies: {}, peerDependencies: {}, peerDependenciesMeta: {} },
  ...more,
});

describe("the lockfiles", () => {
  test("are all looked at, and hold packages", () => {
    expect(LOCKFILES.toSorted()).toEqual(Object.keys(SCRIPTS).sort());
    for (const [path, lock] of locks) expect(foreignEntries(lock).length, path).toBeGreaterThan(80);
  });

  const unsafe = (lock: Lock) =>
    foreignEntries(lock)
      .filter(
        ([, { integrity, resolved }]) =>
          !/^sha512-[\w+/]+=*$/.test(integrity ?? "") ||
          (resolved !== undefined && !resolved.startsWith("https://registry.npmjs.org/")),
      )
      .map(([path]) => path);

  test.each(locks)("%s: every package has its sha512, and none an address elsewhere", (_path, lock) => {
    expect(unsafe(lock)).toEqual([]);
  });

  test("a package with SHA-1, without a hash, or from elsewhere is found", () => {
    const lock = {
      "node_modules/fine": entry({ resolved: "https://registry.npmjs.org/fine/-/fine-1.0.0.tgz" }),
      "node_modules/weak": entry({ integrity: "sha1-AAAA" }),
      "node_modules/bare": entry({ integrity: undefined }),
      "node_modules/a/node_modules/far": entry({ resolved: "https://registry.npmjs.org.evil.example/far.tgz" }),
      "node_modules/git": entry({ resolved: "git+ssh://git@github.com/a/b.git#1" }),
      "node_modules/@ursa/store": entry({ link: true, resolved: "libs/store", integrity: undefined }),
    };
    expect(unsafe(lock).map(nameOf)).toEqual(["weak", "bare", "far", "git"]);
  });

  test.each(locks)("%s: the packages with an install script are those that are known", (path, lock) => {
    const found = foreignEntries(lock).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(found.map(([each]) => nameOf(each)).sort()).toEqual(SCRIPTS[path]);
    for (const name of SCRIPTS[path] ?? []) expect(page).toMatch(new RegExp(`^\\| ${name.replace("-gpu", "")}`, "m"));
  });
});

test("no script of a package runs when packages are installed, on a machine or in an image", () => {
  expect(readFileSync(join(ROOT, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m);
  const dockerfile = readFileSync(join(ROOT, "deploy/docker/Dockerfile"), "utf8");
  const installs = dockerfile.match(/npm (?:ci|i|install)\b[^\\&\n]*/g) ?? [];
  expect(installs.length).toBeGreaterThan(5);
  // By name: the path of the API's workspace would select the page's, which lies in it, and put its build tools into the image.
  for (const install of installs) expect(install).toMatch(/^npm ci --ignore-scripts .*--workspace @ursa\/\w+/);
  expect(dockerfile).not.toMatch(/--workspace (?!@ursa\/)/);
});

test("manifests name exact versions, and the lockfiles have those", () => {
  expect(MANIFESTS.length).toBeGreaterThan(20);
  const floating = dependencies.filter(({ version }) => !/^\d+\.\d+\.\d+$/.test(version));
  expect(floating.map(({ name, manifest }) => `${manifest}: ${name}`)).toEqual([]);
  for (const { name, version, manifest, lock } of dependencies)
    expect(lock[`node_modules/${name}`]?.version, `${name} of ${manifest}`).toBe(version);
});

describe("licences", () => {
  const refused = (lock: Lock) =>
    foreignEntries(lock)
      .map(([path, { license }]) => ({ name: nameOf(path), license }))
      .filter(({ name, license }) => !isAllowed(license) && !exceptionFor(name, license))
      .map(({ name, license }) => `${name}: ${license}`);

  test.each(locks)("%s: each is on the list, or an exception with a reason", (_path, lock) => {
    expect(refused(lock)).toEqual([]);
  });

  test("one that is not on the list is found, also in an AND, and also with an exception's name", () => {
    const lock = Object.fromEntries(
      [
        "GPL-3.0-only",
        "MIT AND AGPL-3.0-only",
        "GPL-2.0 OR MIT",
        "SEE LICENSE IN FILE",
        "(MIT OR CC0-1.0)",
        undefined,
      ].map((license, index) => [`node_modules/p${index}`, entry({ license })]),
    );
    expect(refused(lock)).toEqual([
      "p0: GPL-3.0-only",
      "p1: MIT AND AGPL-3.0-only",
      "p3: SEE LICENSE IN FILE",
      "p5: undefined",
    ]);
    expect(refused({ "node_modules/axe-core": entry({ license: "SSPL-1.0" }) })).toEqual(["axe-core: SSPL-1.0"]);
  });

  test("each exception is still needed", () => {
    const names = foreignEntries(rootLock).map(([path, { license }]) => [nameOf(path), license] as const);
    const idle = LICENCE_EXCEPTIONS.filter((each) => !names.some((name) => exceptionFor(...name) === each));
    expect(idle.map(({ packages }) => packages.source)).toEqual([]);
  });

  test("what is installed says the same as the lockfile", () => {
    const installed = foreignEntries(rootLock).filter(([path]) => existsSync(join(ROOT, path, "package.json")));
    expect(installed.length).toBeGreaterThan(200);
    for (const [path, { license }] of installed) {
      const said = JSON.parse(readFileSync(join(ROOT, path, "package.json"), "utf8")).license;
      expect(said, path).toBe(license);
    }
  });

  test("an image has nothing under a licence that asks for more, but for libvips", () => {
    for (const service of ["services/api", "services/downloader", "services/trainer", "services/inferer", "cli"]) {
      const { needed, optional } = broughtBy(rootLock, service);
      expect(needed.length, service).toBeGreaterThan(50);
      const names = [...needed, ...optional].filter((path) => path.includes("node_modules/")).map(nameOf);
      const others = names.filter((name) => LICENCE_EXCEPTIONS.some(({ packages }) => packages.test(name)));
      expect(others.filter((name) => !name.startsWith("@img/"))).toEqual([]);
    }
  });
});

describe("docs/dependencies.md", () => {
  test("has every package that ours name, with what the lockfiles say", () => {
    expect(faultsOf(page, dependencies)).toEqual([]);
  });

  const known = dependencies.filter(({ name }) => name === "sharp" || name === "yauzl");
  const row = (name: string, cells: string) => `| [${name}](https://www.npmjs.com/package/${name}) | ${cells} |\n`;
  const yauzl = row("yauzl", "3.4.0 | MIT | 2026-06-07 | 1 | no | It reads zips for us. | adm-zip");

  test("a package without a row, a row without a package and a stale fact are found", () => {
    const left = row("left-pad", "1.0.0 | WTFPL | 2016-03-22 | 0 | no | It pads a text. | padStart");
    const stale = yauzl.replace("3.4.0", "3.3.0").replace("2026-06-07", "").replace("adm-zip", "-");
    expect(faultsOf(left + stale, known)).toEqual([
      "sharp has no row: say why it is there, and what else was looked at",
      "left-pad has a row, and no manifest names it",
      "yauzl: the page says version 3.3.0, the lockfile 3.4.0",
      "yauzl has no date of its release",
      "yauzl has nothing that it was chosen over",
    ]);
  });

  test("facts are written anew, reasons stay, and a date is asked for where the version is another", () => {
    const stale = yauzl.replace("3.4.0 | MIT | 2026-06-07 | 1", "3.3.0 | GPL | 2025-01-01 | 9");
    expect(withFacts(stale, known, () => "2026-06-07")).toBe(yauzl);
    expect(withFacts(yauzl, known, () => "never")).toBe(yauzl);
  });
});

test("what a package brings is found as Node would find it", () => {
  const lock: Lock = {
    "libs/ours": entry({ dependencies: { a: "1", "@ursa/other": "1" } }),
    "libs/other": entry({ dependencies: { b: "2" } }),
    "node_modules/@ursa/other": entry({ link: true, resolved: "libs/other" }),
    "node_modules/a": entry({
      dependencies: { b: "1" },
      optionalDependencies: { native: "1" },
      peerDependencies: { ours: "1", maybe: "1" },
      peerDependenciesMeta: { maybe: { optional: true } },
    }),
    "node_modules/a/node_modules/b": entry({}),
    "node_modules/b": entry({ dependencies: { a: "1" } }),
    "node_modules/native": entry({}),
    "node_modules/maybe": entry({}),
  };
  const { needed, optional } = broughtBy(lock, "libs/ours");
  expect(needed.sort()).toEqual(["libs/other", "node_modules/a", "node_modules/a/node_modules/b", "node_modules/b"]);
  expect(optional).toEqual(["node_modules/native"]);
});
