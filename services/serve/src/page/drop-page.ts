// The page to drop a picture on. Without its script it still posts a file and shows the answer's JSON.
import type { ModelCard } from "@ursa/classifier/model-card";
import { html } from "@ursa/http/html";
import { DROP_STYLE } from "./drop-style.ts";

export function dropPage(card: ModelCard): string {
  const { classes, modelId, stage, createdAt } = card;
  const title = questionOf(classes);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${DROP_STYLE}</style>
<script src="/drop-page.js" type="module"></script>
</head>
<body>
<main>
<h1>${title}</h1>
<form id="by-file" method="post" action="/v1/classify" enctype="multipart/form-data">
<input type="file" id="file" name="file" accept="image/*" required>
<label for="file"><strong>Choose a picture</strong><span>or drop or paste one anywhere on this page</span></label>
<noscript><button>Classify</button></noscript>
</form>
<form id="by-url" method="get" action="/classify-url">
<label for="url">Address of a picture</label>
<div><input type="url" id="url" name="url" required maxlength="4096" placeholder="https://example.org/photo.jpg" autocomplete="off"><button>Classify</button></div>
</form>
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
<p><code>${modelId}</code> ${stage.replace("-", " ")}, ${createdAt.slice(0, 10)}, ${errorOf(card)}</p>
<p><a href="/docs">API</a> · <a href="/metrics">metrics</a> · <a href="/readyz">readiness</a></p>
</footer>
</body>
</html>
`.text;
}

/** More names than this are no heading. */
const MAX_NAMED = 4;

function questionOf(classes: readonly string[]): string {
  if (classes.length > MAX_NAMED) return `Which of ${classes.length} classes?`;
  return `${classes.slice(0, -1).join(", ")} or ${classes.at(-1)}?`;
}

/** Of the weights that are served, on the pictures that they were validated with. */
function errorOf({ metrics, epoch, stage, validCount }: ModelCard): string {
  const own = metrics.filter((row) => row.stage === stage);
  const row = own.find((each) => each.epoch === epoch) ?? own.at(-1);
  return row ? `wrong on ${row.wrong} of ${validCount} validation pictures` : "not validated";
}
