// The API for people: one page without scripts, made from the OpenAPI document and the problem catalogue.
import { PROBLEMS } from "@ursa/contracts/problem";
import { anchorOf, operationSection } from "./docs-operation.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { type Html, html } from "./html.ts";
import { type Info, type Operation, readDocument } from "./openapi-document.ts";

/**
 * @param openapi the document that contracts' `openapi(version)` makes
 * @returns a whole HTML page; `#<code>` is the anchor of each problem code, which is where a problem's `type` points
 */
export function docsPage(openapi: Record<string, unknown>): string {
  const { info, operations } = readDocument(openapi);
  const tags = Map.groupBy(operations, ({ tags: [tag = "Other"] }) => tag);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} API</title>
<style>${DOCS_STYLE}</style>
</head>
<body>
${introduction(info)}
${contents(tags)}
<main>
${[...tags].map(([tag, members]) => html`<section><h2 id="${slug(tag)}">${tag}</h2>${members.map(operationSection)}</section>`)}
${catalogue()}
</main>
</body>
</html>
`;
  return page.text;
}

function introduction({ title, version, description }: Info): Html {
  return html`<header>
<h1>${title} API <small>${version}</small></h1>
<p>${description} Machines read <a href="/openapi.json">/openapi.json</a>.</p>
<p>Every error is a problem body (RFC 9457) with a <code>code</code> from <a href="#problems">the catalogue</a> and the
<code>requestId</code> that the log carries. Fields that are not listed here are refused.</p>
</header>`;
}

function contents(tags: Map<string, Operation[]>): Html {
  const groups = [...tags].map(
    ([tag, members]) => html`<li><a href="#${slug(tag)}">${tag}</a><ul>
${members.map((operation) => html`<li><a href="#${anchorOf(operation)}">${operation.method} ${operation.path}</a></li>`)}
</ul></li>
`,
  );
  return html`<nav aria-label="Contents"><ul>${groups}<li><a href="#problems">Problems</a></li></ul></nav>`;
}

function catalogue(): Html {
  const entries = Object.entries(PROBLEMS).map(
    ([
      code,
      { status, title },
    ]) => html`<dt id="${code}"><code>${code}</code> <small>${status}</small></dt><dd>${title}</dd>
`,
  );
  return html`<section><h2 id="problems">Problems</h2><dl>${entries}</dl></section>`;
}

const slug = (tag: string) => `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
