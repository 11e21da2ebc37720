// The bootstrap in a repository of its own, with a stand-in for npm that counts its calls.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

// Does what npm ci does, as far as the launcher can see: a fresh node_modules with npm's own record in it.
const installs = `rm -rf node_modules && mkdir -p node_modules && echo '{"packages":{}}' > node_modules/.package-lock.json`;

test("packages are installed once, also by two launches at the same time, and again when the lockfile changes", async () => {
  using repository = createRepository(`sleep 0.3; ${installs}`);
  const both = await Promise.all([
    repository.launch("--run", "tools/echo.ts"),
    repository.launch("--run", "tools/echo.ts"),
  ]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  await repository.launch("--run", "tools/echo.ts");
  expect(repository.npmCalls()).toHaveLength(1);
  expect(repository.npmCalls()[0]).toMatch(/^ci --ignore-scripts .*--loglevel=error$/);
  repository.writeLockfile({ "node_modules/zod": { version: "4.0.0" } });
  await repository.launch("--run", "tools/echo.ts");
  expect(repository.npmCalls()).toHaveLength(2);
});

test("a node_modules that npm filled by hand with the right versions is kept, one with a wrong version is not", async () => {
  using repository = createRepository(installs);
  repository.writeLockfile({
    "node_modules/zod": { version: "4.0.0" },
    "node_modules/for-another-platform": { version: "1.0.0", optional: true, os: ["aix"], cpu: ["ppc64"] },
  });
  repository.installByHand("zod", "4.0.0");
  await repository.launch("--run", "tools/echo.ts");
  expect(repository.npmCalls()).toEqual([]);
  repository.writeLockfile({ "node_modules/zod": { version: "4.0.1" } });
  await repository.launch("--run", "tools/echo.ts");
  expect(repository.npmCalls()).toHaveLength(1);
});

test("a failed install shows npm's output, and the next launch tries again", async () => {
  using repository = createRepository("echo 'npm error network is down'; exit 7");
  const { code, output } = await repository.launch("--run", "tools/echo.ts");
  expect(code).toBe(1);
  expect(output).toContain("npm error network is down");
  expect(output).toContain("npm ci failed (exit code 7)");
  await repository.launch("--run", "tools/echo.ts");
  expect(repository.npmCalls()).toHaveLength(2);
});

test("a lock whose owner died does not stop anyone", async () => {
  using repository = createRepository(installs);
  mkdirSync(join(repository.root, ".ursa"));
  writeFileSync(join(repository.root, ".ursa/install.lock"), "4194305"); // above Linux' highest process id
  expect((await repository.launch("--run", "tools/echo.ts")).code).toBe(0);
});

test("arguments, the exit code and signals pass through", async () => {
  using repository = createRepository(installs);
  const echoed = await repository.launch("--run", "tools/echo.ts", "--port", "1", "a b");
  expect(echoed.output).toContain('["--port","1","a b"]');
  expect((await repository.launch("--run", "tools/fail.ts")).code).toBe(3);
  const child = repository.spawn("--run", "tools/wait.ts");
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([42, null]);
});

test("./ursa runs the command line from any directory and through a symlink", async () => {
  using repository = createRepository(installs);
  const link = join(repository.root, "elsewhere");
  symlinkSync("ursa", link);
  const child = spawn(link, ["status"], { cwd: "/", env: repository.env, stdio: ["ignore", "pipe", "inherit"] });
  expect(String((await once(child.stdout, "data"))[0])).toContain('main ["status"]');
});

function createRepository(npmScript: string) {
  const root = mkdtempSync(join(tmpdir(), "ursa-launch-"));
  const source = join(import.meta.dirname, "..");
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("bin/npm", `#!/bin/sh\necho "$*" >> ${root}/npm-calls\n${npmScript}\n`);
  write("npm-calls", "");
  write("package.json", '{"type":"module"}');
  write("cli/src/main.ts", 'console.log("main", JSON.stringify(process.argv.slice(2)));');
  write("tools/echo.ts", "const args: string[] = process.argv.slice(2); console.log(JSON.stringify(args));");
  write("tools/fail.ts", "process.exitCode = 3;");
  write(
    "tools/wait.ts",
    'process.on("SIGTERM", () => process.exit(42)); setInterval(() => {}, 1000); console.log("up");',
  );
  copyFileSync(join(source, "tools/launch.mjs"), join(root, "tools/launch.mjs"));
  copyFileSync(join(source, "ursa"), join(root, "ursa"));
  chmodSync(join(root, "bin/npm"), 0o755);
  const env = { ...process.env, PATH: `${root}/bin:${dirname(process.execPath)}:${process.env.PATH}` };
  const start = (...args: string[]) =>
    spawn(process.execPath, [join(root, "tools/launch.mjs"), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const writeLockfile = (packages: object) => write("package-lock.json", JSON.stringify({ packages }));
  writeLockfile({});
  return {
    root,
    env,
    spawn: start,
    writeLockfile,
    launch: async (...args: string[]) => {
      const child = start(...args);
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += chunk;
        });
      }
      const [code] = await once(child, "close");
      return { code, output };
    },
    installByHand: (name: string, version: string) => {
      write("node_modules/.package-lock.json", "{}");
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version }));
    },
    npmCalls: () => readFileSync(join(root, "npm-calls"), "utf8").split("\n").filter(Boolean),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
