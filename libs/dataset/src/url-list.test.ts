import { Readable } from "node:stream";
import { classOfList } from "@ursa/contracts/class-of-list";
import { Problem } from "@ursa/contracts/problem";
import { describe, expect, test } from "vitest";
import { toArray } from "./dataset.fixture.ts";
import { assertIsList, type ListDescription, parseUrlList } from "./url-list.ts";

const A = "https://example.org/a.jpg";
const B = "https://example.org/b,c.jpg?x=1#top";

async function read(text: string | Uint8Array, list: Partial<ListDescription> = {}) {
  const source = typeof text === "string" ? text : Readable.from([text]);
  return toArray(parseUrlList(source, { name: "urls_bear.txt", ...list }));
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no problem",
    (error) => (error instanceof Problem ? error.code : `not a Problem: ${error}`),
  );

describe("a list as people have it", () => {
  const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
  test.each<[string, string | Uint8Array]>([
    ["one per line", `${A}\n${B}\n`],
    ["without a last line end", `${A}\n${B}`],
    ["Windows line ends", `${A}\r\n${B}\r\n`],
    ["old Mac line ends", `${A}\r${B}\r`],
    ["a byte order mark", `\uFEFF${A}\n${B}\n`],
    ["a byte order mark in bytes", Buffer.from(`\uFEFF${A}\n${B}\n`)],
    ["UTF-16, as Windows saves it", utf16(`${A}\r\n${B}\r\n`)],
    ["quotes around", `"${A}"\n'${B}'\n`],
    ["quotes and commas, as out of a program", `  "${A}",\n  "${B}",\n`],
    ["a CSV of one column", `url\n${A}\n"${B}"\n`],
    ["tab-separated", `\turl\n1\t${A}\n\t${B}\n`],
    ["the browser snippet's page, saved", `${A}\n\n${B}\n`],
    ["the browser snippet's address, copied", `data:text/csv;charset=utf-8,${escape(`${A}\n${B}`)}`],
    ["the same, by encodeURIComponent", `data:text/csv;charset=utf-8,${encodeURIComponent(`${A}\n${B}`)}`],
  ])("%s", async (_, text) => {
    const rows = await read(text);
    expect(rows.map((row) => row.url)).toEqual([A, B]);
    expect(rows.map((row) => row.class)).toEqual(["bear", "bear"]);
  });

  test("blank lines and comments are no rows, and lines keep their numbers", async () => {
    expect(await read(`# bears\n\n${A}\n  \n  # more\n${B}\n${A}\n`)).toEqual([
      { class: "bear", url: A, line: 3 },
      { class: "bear", url: B, line: 6 },
      { class: "bear", url: A, line: 7 },
    ]);
  });

  test("several of the browser snippet's addresses, and plain lines between them", async () => {
    const shown = (urls: string[]) => `data:text/csv;charset=utf-8,${escape(urls.join("\n"))}`;
    const rows = await read(`${A}?0\n${shown([`${A}?1`, `${A}?2`])}\n  ${shown([`${A}?3`])}\n${A}?4\n`);
    expect(rows.map(({ url, line }) => [url, line])).toEqual([0, 1, 2, 3, 4].map((i) => [`${A}?${i}`, i + 1]));
  });

  test.each([`"${A}`, `"${A}\n${B}`, `${A},"`, `"`])(
    "an open quote in the first line is not a CSV: %s",
    async (text) => {
      const rows = await read(`${text}\n${B}\n`);
      expect(rows.map(({ url }) => url)).toEqual(`${text}\n${B}`.split("\n"));
    },
  );

  test("what is no URL is a row all the same", async () => {
    const rows = await read("x-raw-image:///fa58\nnot a url\nhttp://\n");
    expect(rows.map((row) => row.url)).toEqual(["x-raw-image:///fa58", "not a url", "http://"]);
  });

  test("cut anywhere, the same rows", async () => {
    const bytes = Buffer.from(`\uFEFF# ä\r\n${A}?ü\r\n\r\n"${B}"\r`);
    const whole = await read(bytes);
    expect(whole).toHaveLength(2);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const pieces = Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)].filter((piece) => piece.length > 0));
      expect(await toArray(parseUrlList(pieces, { name: "urls_bear.txt" }))).toEqual(whole);
    }
  });
});

describe("a CSV with a label column", () => {
  test.each([
    ["comma", `label,url\nblack,${A}\n"grizzly","${B}"\n`],
    ["semicolon, other words, more columns", `id;image_url;Category\n1;${A};black\n2;${B};grizzly\n`],
    ["tab", `link\tclass\n${A}\tblack\n${B}\tgrizzly\n`],
  ])("%s", async (_, text) => {
    expect((await read(text)).map((row) => [row.class, row.url, row.line])).toEqual([
      ["black", A, 2],
      ["grizzly", B, 3],
    ]);
  });

  test.each([
    ["URL first", `${A},black\nhttps://example.org/b.png?x=1,"grizzly bear"\n`],
    ["label first, tabs", `black\t${A}\ngrizzly bear\thttps://example.org/b.png?x=1\n`],
    ["all in quotes", `"${A}","black"\n"https://example.org/b.png?x=1","grizzly bear"\n`],
  ])("without a header, where it is plain: %s", async (_, text) => {
    expect((await read(text)).map((row) => [row.class, row.url, row.line])).toEqual([
      ["black", A, 1],
      ["grizzly bear", "https://example.org/b.png?x=1", 2],
    ]);
  });

  test.each(["https://example.org/w_400,h_300/a.jpg", "https://example.org/a.jpg,w_400", "https://example.org/a,b"])(
    "%s is one URL",
    async (url) => {
      expect((await read(`${url}\n`)).map((row) => row.url)).toEqual([url]);
    },
  );

  test("a row without a label is refused where no class was given", async () => {
    await expect(read(`url,label\n${A},black\n${A},\n`)).rejects.toThrow(/line 3 has a URL but no label/);
  });

  test("a class that was given wins, and is that of a row without a label", async () => {
    const text = `url,label\n${A},black\n${A},\n`;
    expect((await read(text, { class: "teddy" })).map((row) => row.class)).toEqual(["teddy", "teddy"]);
  });

  test("a split column is read, in the words people use", async () => {
    const text = `url,label,split\n${A},b,train\n${A},b,Validation\n${A},b,test\n${A},b,\n`;
    expect((await read(text)).map((row) => row.split)).toEqual(["train", "valid", "test", undefined]);
    expect((await read(text, { split: "test" })).map((row) => row.split)).toEqual(["test", "test", "test", "test"]);
  });

  test("lines keep their numbers across comments, blanks and quoted line ends", async () => {
    const text = `# from the archive\nurl,note\n\n${A},"two\nlines"\n# b\n${B.replace(",", "")},x\n`;
    expect((await read(text)).map((row) => row.line)).toEqual([5, 7]);
  });

  test.each([
    ["an unknown split", `url,split\n${A},maybe\n`],
    ["an invisible class", `url,label\n${A},be\u202Ear\n`],
    ["a quote that never ends", `url,label\n"${A},black\n`],
  ])("%s is a fault of the request", async (_, text) => {
    expect(await codeOf(read(text))).toBe("invalid_request");
  });
});

describe("what is no list", () => {
  test.each([
    ["a web page", "<!DOCTYPE html>\n<html>", "list_is_html"],
    ["a web page after blanks", "\n\n  <html lang=en>", "list_is_html"],
    ["nothing", "", "list_is_empty"],
    ["only comments", "# none\n\n", "list_is_empty"],
    ["only a header", "url,label\n", "list_is_empty"],
    ["bytes", "\x89PNG\r\n\x1a\n\0\0\0", "invalid_request"],
  ])("%s", async (_, text, code) => {
    expect(await codeOf(read(text))).toBe(code);
  });

  test("is told what was expected, what came and what to do", async () => {
    await expect(read("url,label\n")).rejects.toThrow(
      /^urls_bear.txt has no URLs: expected one per line.*, got only blank lines, comments or a header; add some/,
    );
    await expect(read('<html lang="en">\n')).rejects.toThrow(/begins with "<html lang=.*; instead of the page, save/);
    await expect(read("\0")).rejects.toThrow(/is not text: expected one URL per line; save the list as plain UTF-8/);
    await expect(read(`url\n"${A}\n`)).rejects.toThrow(/is no sound CSV: .*; mend that line/);
  });

  test("the beginning is enough to refuse a web page", () => {
    expect(() => assertIsList("\uFEFF\n<!doctype html>", "urls_bear.txt")).toThrow(/urls_bear.txt is a web page/);
    expect(() => assertIsList(`${A}\n<html>`, "urls_bear.txt")).not.toThrow();
  });
});

test.each([
  ["urls_black.txt", "black"],
  ["urls_grizzly.csv", "grizzly"],
  ["teddys.txt", "teddys"],
  ["URLS_Teddy.TXT", "Teddy"],
  ["brown.bear.txt", "brown.bear"],
  ["urls_.txt", "urls_"],
  ["polar", "polar"],
])("the class of %s is %s", (name, expected) => {
  expect(classOfList(name)).toBe(expected);
});
