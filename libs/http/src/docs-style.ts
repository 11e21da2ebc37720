// The look of the docs page: the system's font and the reader's choice of light or dark.
import { Html } from "./html.ts";

export const DOCS_STYLE = new Html(`
:root { color-scheme: light dark; --line: light-dark(#d8d4cc, #3c3a36); --quiet: light-dark(#5c584f, #b0aa9d); --accent: light-dark(#7a4a12, #e0b071); --plate: light-dark(#f5f2ec, #262421); }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: light-dark(#1f1d1a, #ece8e0); background: light-dark(#fffdf9, #1a1917); }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin-bottom: 0.25rem; font-size: 1.05rem; overflow-wrap: anywhere; }
h4 { margin: 0.75rem 0 0.25rem; font-size: 0.9rem; color: var(--quiet); }
small { color: var(--quiet); font-weight: normal; }
code { font: 0.9em ui-monospace, monospace; }
a { color: var(--accent); }
article { margin: 1.25rem 0; padding: 0.25rem 1rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--plate); }
article:target, dt:target { outline: 2px solid var(--accent); }
.method { display: inline-block; min-width: 4.5ch; font-weight: 700; color: var(--accent); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; }
summary { cursor: pointer; }
nav ul { columns: 18rem; padding-left: 1rem; }
nav ul ul { columns: auto; }
nav li { break-inside: avoid; }
dt { margin-top: 0.75rem; }
dd { margin-left: 0; }
`);
