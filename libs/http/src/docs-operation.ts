// One operation of the API as a piece of the docs page.
import { type Html, html } from "./html.ts";
import type { Content, JsonSchema, Operation } from "./openapi-document.ts";
import { noteOf, type SchemaRow, schemaRows, typeOf } from "./schema-rows.ts";

const PROBLEM_TYPE = "application/problem+json";

export function operationSection(operation: Operation): Html {
  const { method, path, summary, description, requestBody } = operation;
  return html`<article id="${anchorOf(operation)}">
<h3><span class="method">${method}</span> <code>${path}</code></h3>
<p>${summary}.</p>
${description ? html`<p>${description}</p>` : undefined}
${keyNeeded(operation)}
${parameterTable(operation)}
${requestBody ? html`<h4>Body</h4>${contentSections(requestBody.content)}` : undefined}
${answerSections(operation)}
${problemList(operation)}
</article>
`;
}

export const anchorOf = ({ operationId }: Operation): string => `op-${operationId}`;

function keyNeeded({ security }: Operation): Html | undefined {
  const scopes = new Set(security.flatMap((way) => Object.values(way).flat()));
  return scopes.size > 0 ? html`<p>Scope: <code>${[...scopes].join(", ")}</code></p>` : undefined;
}

function parameterTable({ parameters }: Operation): Html | undefined {
  if (parameters.length === 0) return undefined;
  const rows = parameters.map(({ name, in: place, required, schema, description }) => ({
    path: name,
    type: `${typeOf(schema)} (${place})`,
    isRequired: required,
    note: [noteOf(schema), description].filter(Boolean).join("; "),
  }));
  return html`<h4>Parameters</h4>${table(rows)}`;
}

function answerSections({ responses }: Operation): Html[] {
  return Object.entries(responses)
    .filter(([, { content }]) => !(content && PROBLEM_TYPE in content))
    .map(
      ([status, { content }]) =>
        html`<h4>Answer ${status}</h4>${content ? contentSections(content) : html`<p>No body.</p>`}`,
    );
}

function contentSections(content: Content): Html[] {
  return Object.entries(content).map(([type, { schema }]) =>
    schema
      ? html`<details><summary><code>${type}</code> ${typeOf(schema)}</summary>${schemaTable(schema)}</details>`
      : html`<p><code>${type}</code>: the bytes themselves</p>`,
  );
}

function schemaTable(schema: JsonSchema): Html | undefined {
  const rows = schemaRows(schema);
  return rows.length > 0 ? table(rows) : undefined;
}

function table(rows: SchemaRow[]): Html {
  const lines = rows.map(
    ({ path, type, isRequired, note }) =>
      html`<tr><td><code>${path}</code>${isRequired ? "" : html` <small>optional</small>`}</td><td>${type}</td><td>${note}</td></tr>
`,
  );
  return html`<div class="wide"><table><thead><tr><th>Name</th><th>Type</th><th>Notes</th></tr></thead><tbody>
${lines}</tbody></table></div>`;
}

/** contracts lists the codes of each status in the answer's description. */
function problemList({ responses }: Operation): Html | undefined {
  const codes = Object.values(responses)
    .filter(({ content }) => content && PROBLEM_TYPE in content)
    .flatMap(({ description }) => description.split(", "));
  if (codes.length === 0) return undefined;
  const links = codes.map((code) => html` <a href="#${code}"><code>${code}</code></a>`);
  return html`<p class="problems">Problems:${links}</p>`;
}
