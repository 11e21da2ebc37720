// What a person pastes into the browser's console on a page of search results: it lists the addresses of the pictures, whatever the site.
// Plain text, since it runs neither here nor on a page of ours; tests/system/snippet.test.ts runs it in Chromium.

/** How the console is opened. */
export const CONSOLE_KEYS = [
  {
    browser: "Chrome, Edge, Brave, Opera",
    keys: "Ctrl+Shift+J",
    mac: "⌘+Option+J",
    note: 'type "allow pasting" where it asks for that',
  },
  { browser: "Firefox", keys: "Ctrl+Shift+K", mac: "⌘+Option+K", note: 'type "allow pasting" where it asks for that' },
  {
    browser: "Safari",
    keys: undefined,
    mac: "⌘+Option+C",
    note: "after Settings, Advanced, Show features for web developers",
  },
] as const;

/**
 * Sites put a picture's own address into a link's parameter, an attribute, or JSON, and show a thumbnail. So all of these are read: what
 * was told beside the thumbnail is preferred to it; of several sizes of one picture the largest stays; what is small is left out.
 * Saves `urls_<words searched for>.txt`. Its value is the list.
 */
export const IMAGE_SNIPPET = String.raw`(() => {
  const LEAST_SIDE = 150; // pixels; what is smaller is an icon or an avatar
  const PICTURE = /\.(jpe?g|png|webp|gif|avif)$/i;
  const found = new Map(); // by the address without what tells sizes apart

  const addressOf = (text) => {
    try {
      const url = new URL(text, location.href);
      return /^https?:$/.test(url.protocol) ? url : undefined;
    } catch {}
  };
  const isPicture = (url) => PICTURE.test(url.pathname);
  // A proxy or a viewer has the picture's own address in a parameter.
  const innerOf = (url) => {
    for (const [name, value] of url.searchParams) {
      const inner = /^https?:\/\//i.test(value) ? addressOf(value) : undefined;
      if (inner && (isPicture(inner) || /^(img|image|media|photo|pic)_?(url|src)$/i.test(name))) return inner;
    }
  };
  const keyOf = (url) => url.host + url.pathname.replace(/(_[a-z]\d?|-\d+x\d+|@\dx)(?=\.\w+$)/i, "");

  // side: of the shorter one, in pixels, 0 where nobody says; told: named by the page, and not merely shown
  const add = (text, side, told) => {
    const outer = addressOf(text);
    if (!outer || (side && side < LEAST_SIDE)) return false;
    const inner = innerOf(outer);
    const url = inner || outer;
    if (/\.svg$/i.test(url.pathname) || (told && !inner && !isPicture(url))) return false;
    const one = { href: url.href, side, told: told || Boolean(inner), isFile: isPicture(url) };
    const key = one.isFile ? keyOf(url) : url.href;
    const before = found.get(key);
    if (!before || one.told > before.told || (one.told === before.told && side > before.side)) found.set(key, one);
    return one.told;
  };

  const sideOf = (object) => {
    const sizes = ["width", "height", "w", "h"].map((name) => Number(object[name])).filter((size) => size > 0);
    return sizes.length > 0 ? Math.min(...sizes) : 0;
  };
  const walk = (value) => {
    if (!value || typeof value !== "object") return false;
    let isTold = false;
    for (const one of Object.values(value)) {
      const isText = typeof one === "string" && /^(https?:)?\/\//i.test(one);
      if (isText ? add(one, sideOf(value), true) : walk(one)) isTold = true;
    }
    return isTold;
  };
  const readJson = (text) => {
    try {
      return walk(JSON.parse(text));
    } catch {
      return false;
    }
  };

  // Scripts: as JSON, or else whatever in them is the address of a picture, with the two numbers that may follow it.
  const IN_TEXT = /(?:https?:)?\/\/[^\s"'<>\\,]+(?:"\s*,\s*(?:"\w+"\s*:\s*)?(\d+)\s*,\s*(?:"\w+"\s*:\s*)?(\d+))?/gi;
  for (const { type, textContent } of document.scripts) {
    if (/json/i.test(type) && readJson(textContent)) continue;
    const text = textContent
      .replace(/\\(?:u([\da-f]{4})|x([\da-f]{2}))/gi, (_, u, x) => String.fromCharCode(Number.parseInt(u || x, 16)))
      .replaceAll("\\/", "/");
    for (const [match, a, b] of text.matchAll(IN_TEXT)) {
      const address = match.replace(/".*$/, "");
      // Photographs; a logo is a PNG or GIF, and nobody says how large it is.
      if (a === undefined && /\.(png|gif)\b/i.test(address)) continue;
      add(address, a === undefined ? 0 : Math.min(Number(a), Number(b)), true);
    }
  }

  // Attributes of a link and what is in it: JSON, or an address that has the picture's own in it.
  const tellers = new Set();
  for (const element of document.querySelectorAll("body *")) {
    for (const { name, value } of element.attributes) {
      if (/^(src|srcset|style|data-(lazy-?)?(src|srcset))$/i.test(name)) continue;
      const isTold = /^\s*[[{]/.test(value)
        ? readJson(value)
        : (name === "href" || name.startsWith("data-")) && /^(https?:)?\/|^\?/i.test(value) && add(value, 0, true);
      if (isTold) tellers.add(element);
    }
  }
  // Three steps up reach the tile that a thumbnail is in, and not the list of tiles.
  const isToldBeside = (element) => {
    for (let at = element, step = 0; at && step < 4; at = at.parentElement, step += 1) if (tellers.has(at)) return true;
    return false;
  };

  // What is shown.
  const largest = (srcset) =>
    srcset
      .split(/,\s+/)
      .map((one) => one.trim().split(/\s+/))
      .sort((a, b) => (Number.parseFloat(b[1]) || 1) - (Number.parseFloat(a[1]) || 1))[0][0];
  for (const image of document.querySelectorAll("body img, body source")) {
    if (isToldBeside(image)) continue;
    const data = image.dataset;
    const srcset = data.srcset || data.lazySrcset || image.srcset;
    const lazy = data.src || data.lazySrc;
    // What has not loaded, or is yet to take the place of something else, is as large as its attributes say.
    const loaded = lazy ? 0 : Math.min(image.naturalWidth || 0, image.naturalHeight || 0);
    const said = sideOf({ width: image.getAttribute("width"), height: image.getAttribute("height") });
    add((srcset && largest(srcset)) || lazy || image.currentSrc || image.src || "", loaded || said, false);
  }
  for (const element of document.querySelectorAll("body *")) {
    const [, address] = /url\(["']?(.*?)["']?\)/.exec(getComputedStyle(element).backgroundImage) || [];
    if (address && !isToldBeside(element)) add(address, Math.min(element.clientWidth, element.clientHeight), false);
  }

  // A thumbnailer's addresses have no ending; they are what is left where the pictures' own were not told.
  const all = [...found.values()];
  const thumbnails = all.filter((one) => !one.isFile && !one.told);
  const told = all.filter((one) => one.told);
  const kept = told.length < thumbnails.length ? all : all.filter((one) => !thumbnails.includes(one));
  const urls = [...new Set(kept.map((one) => one.href))];

  const query = new URLSearchParams(location.search);
  const words = query.get("q") || query.get("query") || query.get("text") || query.get("p") || document.title;
  const name = "urls_" + (words.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 60) || "pictures") + ".txt";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([urls.join("\n") + "\n"], { type: "text/plain" }));
  link.download = name;
  if (urls.length > 0) link.click();
  console.log(urls.length + " pictures" + (urls.length > 0 ? ", saved as " + name : ": scroll down until some are shown, and try again"));
  return urls;
})();
`;
