// The command line tells a list's class before it uploads it; the service must read the same list the same way.
import { classOfList } from "@ursa/contracts/class-of-list";
import { csvColumnsOf } from "@ursa/dataset/csv-list";
import { expect, test } from "vitest";
import { classOfFile, namesLabels } from "../cli/src/class-of-file.ts";

test.each([
  "urls_black.txt",
  "URLS_Black.TXT",
  "black.csv",
  "urls_.txt",
  "urls_teddy bär.txt",
  "urls_黑熊.txt",
  "no-ending",
  "urls_v1.2.list",
  "a.b.c",
])("%s is the same class to both", (name) => {
  expect(classOfFile(`some/folder/${name}`)).toBe(classOfList(name));
});

test.each([
  "https://a.example/1.jpg",
  "https://a.example/1.jpg,black",
  "black;https://a.example/1.jpg?w=1",
  "https://a.example/a,b.jpg",
  "https://a.example/1.jpg,https://a.example/2.jpg",
  "url",
  "url,label",
  "Label\tImage_URL\tsplit",
  '"image url";"class";"note"',
  '"a,b",url,category',
  "url,width,height",
  "label,name",
  ",url,label",
  "url,label,",
  '"url, of the picture",label',
  "link|label",
  "data:text/csv;charset=utf-8,https%3A//a.example/1.jpg",
  "<html>",
])("whether %s has labels is the same to both", (line) => {
  const columns = csvColumnsOf(line);
  expect(namesLabels(line)).toBe(columns !== undefined && columns.label >= 0);
});
