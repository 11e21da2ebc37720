// The look of the page: the system's font, the reader's choice of light or dark, one column from a phone's width on.
import { Html } from "@ursa/http/html";

export const DROP_STYLE = new Html(`
:root { color-scheme: light dark; --ink: light-dark(#1f1d1a, #ece8e0); --paper: light-dark(#fffdf9, #1a1917); --line: light-dark(#d8d4cc, #3c3a36); --quiet: light-dark(#5c584f, #b0aa9d); --accent: light-dark(#7a4a12, #e0b071); --plate: light-dark(#f5f2ec, #262421); --fault: light-dark(#a02817, #ff9d8a); }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 46rem; min-height: 100vh; padding: 1.5rem 1rem; display: flex; flex-direction: column; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
main { flex: 1; }
h1 { margin: 0 0 1.25rem; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere; text-wrap: balance; }
#by-file { position: relative; }
#file { position: absolute; inset: 0; opacity: 0; width: 100%; height: 100%; cursor: pointer; }
#by-file label { display: flex; flex-direction: column; align-items: center; padding: 2rem 1rem; text-align: center; border: 2px dashed var(--line); border-radius: 0.75rem; background: var(--plate); }
#by-file strong { font-size: 1.125rem; color: var(--accent); }
#by-file span { color: var(--quiet); text-wrap: balance; }
#by-file:hover label, .over #by-file label { border-color: var(--accent); }
#file:focus-visible + label { outline: 2px solid var(--accent); outline-offset: 2px; }
#by-url { margin-top: 1rem; }
#by-url label { font-size: 0.875rem; color: var(--quiet); }
#by-url div { display: flex; gap: 0.5rem; }
#url, button { font: inherit; padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem; color: inherit; background: var(--plate); }
#url { flex: 1; min-width: 0; }
button { color: var(--paper); background: var(--accent); border-color: var(--accent); cursor: pointer; }
#url:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#fault { margin: 1.5rem 0 0; padding: 0.75rem 1rem; border: 1px solid; border-radius: 0.5rem; color: var(--fault); overflow-wrap: anywhere; }
#busy { margin: 1.5rem 0 0; color: var(--quiet); animation: appear 0s 0.3s both; }
#busy:not([hidden]) ~ #result { opacity: 0.5; }
@keyframes appear { from { visibility: hidden; } }
#result { margin-top: 1.5rem; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1.5rem; align-items: start; }
#picture { display: block; width: 100%; max-height: 24rem; object-fit: contain; border-radius: 0.5rem; background: var(--plate); }
#verdict { margin: 0 0 0.75rem; font-size: 1.375rem; font-weight: 600; line-height: 1.25; overflow-wrap: anywhere; }
#bars { margin: 0; padding: 0; list-style: none; }
#bars li { display: grid; grid-template-columns: 1fr auto; gap: 0 0.75rem; margin-bottom: 0.625rem; font-variant-numeric: tabular-nums; }
#bars .name { overflow-wrap: anywhere; }
#bars .track { grid-column: 1 / -1; height: 0.5rem; border-radius: 0.25rem; background: var(--line); overflow: hidden; }
#bars .fill { display: block; height: 100%; border-radius: inherit; background: var(--quiet); }
#bars li:first-child { font-weight: 600; }
#bars li:first-child .fill { background: var(--accent); }
#timing, footer { color: var(--quiet); font-size: 0.875rem; }
#timing, footer p { margin: 0.25rem 0; }
footer { margin-top: 2.5rem; padding-top: 0.75rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
code { font: 0.9em ui-monospace, monospace; }
a { color: var(--accent); }
`);
