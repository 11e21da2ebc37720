import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("predicting loads no tfjs: a process that serves starts fast", () => {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    await import(${JSON.stringify(new URL("predict.ts", import.meta.url).href)});
    console.log(JSON.stringify(loaded));
  `;
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd, encoding: "utf8" });
  const loaded: string[] = JSON.parse(output);
  expect(loaded.some((url) => url.includes("onnxruntime-node"))).toBe(true);
  expect(loaded.filter((url) => url.includes("tfjs"))).toEqual([]);
});
