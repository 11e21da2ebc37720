// The README's promises that need no running service: its commands exist, its links lead somewhere.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/dependencies.md"];
const text = (page: string) => readFileSync(at(page), "utf8");

test.for(PAGES)("every file that %s links to is there", (page) => {
  const links = [...text(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? "");
  const folder = page.includes("/") ? page.slice(0, page.lastIndexOf("/") + 1) : "";
  expect(links.filter((link) => !existsSync(at(folder + link)))).toEqual([]);
});

test("every npm script and ursa command of the README exists, with the options it is shown with", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(text("package.json"));
  for (const [, name = ""] of text("README.md").matchAll(/^npm (?:run )?(\w+)/gm)) expect(scripts).toHaveProperty(name);
  const commands = [...text("README.md").matchAll(/\.\/ursa ([a-z]+(?: (?:create|show|list))?)([^\n`]*)/g)];
  expect(commands.length).toBeGreaterThan(4);
  for (const [, command = "", rest = ""] of commands) {
    const help = spawnSync(process.execPath, [at("cli/src/main.ts"), ...command.split(" "), "--help"], {
      encoding: "utf8",
    });
    expect(help.status, help.stderr).toBe(0);
    for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(help.stdout).toContain(option);
  }
});
