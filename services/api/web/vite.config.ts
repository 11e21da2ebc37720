// The one thing in Ursa that is bundled. `npx vite services/api/web` serves it while it is written, with an Ursa beside it.
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const API = "http://127.0.0.1:8080";

/** What routes say of themselves is for the API's reference. The page only calls them, and 12 kB of prose is much of a first visit. */
const withoutProse = without("prose of routes", {
  of: /\/contracts\/src\/routes\/[\w-]+\.ts$/,
  what: /\b(?:summary|description):\s*"(?:[^"\\]|\\.)*",/g,
});

/** So is what schemas say of their fields, but for the recipe's, of which the page makes a form. */
const withoutDescriptions = without("descriptions", {
  of: /\/contracts\/src\/(?!recipe\.ts|requested-recipe\.ts|usual-range\.ts)[\w/-]+\.ts$/,
  what: /\.describe\(\s*"(?:[^"\\]|\\.)*",?\s*\)/g,
});

function without(name: string, { of: id, what }: { of: RegExp; what: RegExp }): Plugin {
  const handler = (code: string) => ({ code: code.replace(what, ""), map: null });
  // As it is written, which is what the pattern is of.
  return { name: `without ${name}`, enforce: "pre", transform: { filter: { id }, handler } };
}

export default defineConfig({
  root: import.meta.dirname,
  // Addresses are relative, so that the page works below any path that a proxy gives the API.
  base: "./",
  plugins: [withoutProse, withoutDescriptions, react()],
  // Nothing becomes a data: address, which the page's Content-Security-Policy does not load.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: "es2022", chunkSizeWarningLimit: 700 },
  server: {
    proxy: Object.fromEntries(["/v1", "/classify-url", "/docs", "/openapi.json", "/readyz"].map((path) => [path, API])),
  },
});
