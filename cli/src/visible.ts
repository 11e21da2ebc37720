// Text of others on a terminal: names, URLs and reasons come from whoever made them, and a terminal obeys some characters.

// Control characters (the escape that begins a command among them, and C1, which some terminals take for one), what turns the direction of
// text, and what some programs take for the end of a line.
const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** How our own charts colour a curve, after the escape. */
const COLOUR = /^\[3\dm/;

/** The text with what a terminal would obey written out, as `\u001b`; line feeds, tabs and the colours of charts stay. */
export const visible = (text: string): string =>
  text.replace(OBEYED, (found, at: number) => {
    const isColour = found === "\u001b" && COLOUR.test(text.slice(at + 1, at + 5));
    return found === "\n" || found === "\t" || isColour ? found : codeOf(found);
  });

/** For a cell of a table, which has one line. */
export const visibleLine = (text: string): string => visible(text).replace(/[\n\t]/g, codeOf);

/** The same value, as JSON that a terminal has nothing to obey in. */
export const visibleJson = (json: string): string => json.replace(OBEYED, codeOf);

const codeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
