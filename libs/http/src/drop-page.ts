// The page to drop a picture on: of one exported model (`ursa serve`), and of an alias that was made public. Its script sends the picture and
// draws the answer.
import { readFileSync } from "node:fs";
import { DROP_STYLE } from "./drop-style.ts";
import { type Html, html } from "./html.ts";

/** Addresses may be relative to the page's own. */
export type DropPage = {
  classes: readonly string[];
  /** Where `dropPageScript` is answered. */
  script: string;
  /** Where a picture's bytes are posted to; where `byUrl` is there a form is taken too, so that the page works without its script. */
  classify: string;
  /** Where pictures may be named by their URLs: who answers, and who gives such a picture to look at. */
  byUrl?: ByUrl;
  footer?: Html;
};
type ByUrl = { classify: string; picture: string };

export const dropPageScript = (): Buffer => readFileSync(new URL("./drop-page.js", import.meta.url));

export function dropPage({ classes, script, classify, byUrl, footer }: DropPage): string {
  const title = questionOf(classes);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${DROP_STYLE}</style>
<script src="${script}" type="module"></script>
</head>
<body>
<main>
<h1>${title}</h1>
<form id="by-file" method="post" action="${classify}" enctype="multipart/form-data">
<input type="file" id="file" name="file" accept="image/*" required>
<label for="file"><strong>Choose a picture</strong><span>or drop or paste one anywhere on this page</span></label>
<noscript>${byUrl ? html`<button>Classify</button>` : html`<p>This page needs its script.</p>`}</noscript>
</form>
${byUrl ? urlForm(byUrl) : undefined}
<p id="busy" role="status" hidden>Classifying …</p>
<p id="fault" role="alert" hidden></p>
<section id="result" aria-label="Answer" hidden>
<img id="picture" alt="" hidden>
<div id="answer" aria-live="polite">
<p id="verdict"></p>
<ol id="bars"></ol>
<p id="timing"></p>
</div>
</section>
</main>
<footer>
<p>It always answers with ${classes.length === 2 ? "one of its two classes" : `one of its ${classes.length} classes`}, also for a picture of something else.</p>
${footer}
</footer>
</body>
</html>
`.text;
}

const urlForm = ({
  classify,
  picture,
}: ByUrl) => html`<form id="by-url" method="get" action="${classify}" data-picture="${picture}">
<label for="url">Address of a picture</label>
<div><input type="url" id="url" name="url" required maxlength="4096" placeholder="https://example.org/photo.jpg" autocomplete="off"><button>Classify</button></div>
</form>`;

/** More names than this are no heading. */
const MAX_NAMED = 4;

function questionOf(classes: readonly string[]): string {
  if (classes.length > MAX_NAMED) return `Which of ${classes.length} classes?`;
  return `${classes.slice(0, -1).join(", ")} or ${classes.at(-1)}?`;
}
