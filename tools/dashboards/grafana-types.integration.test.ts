// The dashboards' JSON against Grafana's own types, those of the version that Compose starts: a field that it does not know and a value
// that it does not take are found.
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { dashboardFiles } from "./files.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const files = Object.entries(dashboardFiles());
const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules/@grafana/schema/package.json"), "utf8"));

/** Panels with what each kind takes, which a dashboard's type leaves open. JSON has the values of an enum, not the enum. */
const TYPES = `
import type { Dashboard, DataQuery, FieldConfig, Panel, RowPanel } from "@grafana/schema";
import type * as series from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";

type Json<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
/** It fills in what is left out. */
type Some<T> = T extends unknown[] ? T : T extends object ? { [K in keyof T]?: Some<T[K]> } : T;
type Query = DataQuery & { expr: string; legendFormat: string; instant: boolean; range: boolean };
type Shown<Kind, Options, Custom> = Omit<Panel, "type" | "options" | "fieldConfig" | "targets"> & {
  type: Kind;
  options: Some<Options>;
  fieldConfig: { defaults: Omit<FieldConfig, "custom"> & { custom?: Some<Custom> }; overrides: [] };
  targets: Query[];
};
type Curves = Shown<"timeseries", series.Options, series.FieldConfig>;
type Ours = Omit<Dashboard, "panels"> & { panels: (RowPanel | Curves | Shown<"stat", stat.Options, never>)[] };
export const dashboard: Json<Ours> = `;

/** What the compiler says of each text as a dashboard; one program for all, because reading the types takes seconds. */
function faultsIn(texts: Record<string, string>): Record<string, string[]> {
  const sources = new Map(Object.entries(texts).map(([name, text]) => [join(ROOT, `${name}.ts`), TYPES + text]));
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => sources.has(path) || disk.fileExists(path),
    readFile: (path) => sources.get(path) ?? disk.readFile(path),
    getSourceFile: (path, version, ...rest) => {
      const text = sources.get(path);
      return text === undefined ? disk.getSourceFile(path, version, ...rest) : ts.createSourceFile(path, text, version);
    },
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const faultsOf = (path: string) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  return Object.fromEntries([...sources.keys()].map((path) => [basename(path, ".ts"), faultsOf(path)]));
}

const MISTAKES = [
  { mistake: "a field of a dashboard that there is not", from: '"refresh"', to: '"refreshEvery"' },
  { mistake: "a field of a panel that there is not", from: '"gridPos"', to: '"grid"' },
  { mistake: "another kind of panel", from: '"type": "timeseries"', to: '"type": "graph"' },
  { mistake: "an option that curves do not have", from: '"tooltip": {', to: '"hover": {' },
  { mistake: "a value that an option does not take", from: '"displayMode": "list"', to: '"displayMode": "listed"' },
  { mistake: "an option that numbers do not have", from: '"colorMode"', to: '"colourMode"' },
  { mistake: "a drawing style that there is not", from: '"fillOpacity"', to: '"fill"' },
  { mistake: "a number in quotes", from: '"w": 24', to: '"w": "24"' },
];
const [[, original = ""] = []] = files;
const planted = MISTAKES.map(({ from, to }) => original.replace(from, to));
const faults = faultsIn({
  ...Object.fromEntries(files.map(([path, text]) => [basename(path), text])),
  ...Object.fromEntries(planted.map((text, index) => [`mistake-${index}`, text])),
});

test("the types are of the Grafana that Compose starts", () => {
  expect(readFileSync(join(ROOT, "docker-compose.yml"), "utf8")).toContain(`grafana/grafana:${version}}`);
});

test.each(files)("Grafana knows all of %s", (path) => {
  expect(faults[basename(path)]).toEqual([]);
});

test.each(MISTAKES.map((each, index) => ({ ...each, index })))("$mistake is found", ({ index }) => {
  expect(planted[index], "it was planted").not.toBe(original);
  expect(faults[`mistake-${index}`]).not.toEqual([]);
});
