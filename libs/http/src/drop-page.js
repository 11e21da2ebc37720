// Sends the picture that was chosen, dropped, pasted or named, and draws the answer. Runs in the browser as it is.

/** More bars than this are no picture of anything. */
const MAX_BARS = 10;

const byId = (id) => document.getElementById(id);
let asking = new AbortController();

byId("file").addEventListener("change", ({ target }) => {
  if (target.files[0]) classifyFile(target.files[0]);
  // So that choosing the same file again asks again.
  target.value = "";
});
byId("by-url")?.addEventListener("submit", (event) => {
  event.preventDefault();
  classifyUrl(byId("url").value.trim());
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
}
document.addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) document.body.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take(event.dataTransfer);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length > 0) take(event.clipboardData);
});

/** A file, or a picture that was dragged over from another page, which comes as its address. */
function take(data) {
  const [file] = data.files;
  const url = data.getData("text/uri-list").split(/\r?\n/)[0];
  if (file) classifyFile(file);
  else if (!byId("by-url")) showFault("That is no picture: drop a file.");
  else if (url) classifyUrl(url);
  else showFault("That is no picture: drop a file, or a picture from a web page.");
}

function classifyFile(file) {
  void ask(
    byId("by-file").action,
    { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file },
    () => URL.createObjectURL(file),
  );
}

function classifyUrl(url) {
  const query = new URLSearchParams({ url });
  const form = byId("by-url");
  byId("url").value = url;
  void ask(`${form.action}?${query}`, {}, () => `${form.dataset.picture}?${query}`);
}

/** Only the last question is answered: whoever drops a second picture no longer waits for the first. */
async function ask(address, request, addressOfPicture) {
  asking.abort();
  const mine = new AbortController();
  asking = mine;
  byId("fault").hidden = true;
  byId("busy").hidden = false;
  try {
    const response = await fetch(address, { ...request, signal: mine.signal });
    const body = await response.json();
    if (!response.ok) throw new Error(sentenceOf(body));
    showPicture(addressOfPicture());
    showAnswer(body);
  } catch (error) {
    if (mine.signal.aborted) return;
    showFault(error instanceof TypeError ? "No answer came: is the server still running?" : error.message);
  } finally {
    if (asking === mine) byId("busy").hidden = true;
  }
}

/** For programs the problem's own words fit, which speak of bytes and JSON. */
const NO_PICTURE = "That is no picture: choose a JPEG, PNG, WebP or GIF.";

function sentenceOf({ detail, title, errors, outcome }) {
  if (outcome === "not_an_image") return NO_PICTURE;
  const faults = errors?.map(({ path, message }) => `${path} ${message}`.trim()).join("; ");
  const text = faults || detail || title;
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

function showFault(sentence) {
  byId("result").hidden = true;
  byId("fault").hidden = false;
  byId("fault").textContent = sentence;
}

function showPicture(address) {
  const picture = byId("picture");
  if (picture.src.startsWith("blob:")) URL.revokeObjectURL(picture.src);
  picture.hidden = false;
  // The server reads kinds that this browser may not show.
  picture.onerror = () => {
    picture.hidden = true;
  };
  picture.src = address;
}

function showAnswer({ predictions, class: best, milliseconds }) {
  const shown = predictions.slice(0, MAX_BARS);
  const rest = predictions.length - shown.length;
  byId("verdict").textContent = best;
  byId("picture").alt = `The picture that was classified as ${best}`;
  byId("bars").replaceChildren(...shown.map(barOf));
  const more = rest > 0 ? `${rest} more ${rest === 1 ? "class" : "classes"} below ${percent(shown.at(-1)[1])}. ` : "";
  const fetched = milliseconds.fetch === undefined ? "" : `, of which fetching ${milliseconds.fetch.toFixed(0)} ms`;
  byId("timing").textContent = `${more}Answered in ${milliseconds.total.toFixed(0)} ms${fetched}.`;
  byId("result").hidden = false;
}

function barOf([name, probability]) {
  const item = document.createElement("li");
  const fill = span("fill", "");
  fill.style.width = `${100 * probability}%`;
  const track = span("track", "");
  track.append(fill);
  item.append(span("name", name), span("share", percent(probability)), track);
  return item;
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

/** No answer is certain, whatever rounds to 100 %. */
const percent = (share) => (share > 0.9995 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`);
