// Finds a file in a Python package index (PEP 503 as HTML, PEP 691 as JSON), for machines that have no pip.
import { z } from "zod";

const PYPI = "https://pypi.org/simple";
const page = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

export type IndexFile = { url: URL; headers: Record<string, string> };
type Place = { env: Record<string, string | undefined>; signal: AbortSignal };

/**
 * Where the index has `file` of `project`. The index is pip's own PIP_INDEX_URL, else PyPI.
 * @throws Error when the index cannot be read or has no such file
 */
export async function findInIndex(
  { project, file }: { project: string; file: string },
  { env, signal }: Place,
): Promise<IndexFile> {
  const base = (env.PIP_INDEX_URL ?? PYPI).replace(/\/*$/, "/");
  const { url, headers } = withoutCredentials(new URL(`${project}/`, base));
  const accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.5";
  const response = await fetch(url, { signal, headers: { ...headers, accept } }).catch((cause) => {
    signal.throwIfAborted();
    throw new Error(`The Python index at ${url.host} cannot be reached; PIP_INDEX_URL names another.`, { cause });
  });
  if (!response.ok) throw new Error(`The Python index at ${url.host} answered ${response.status} for ${project}.`);
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  const text = await response.text();
  const link = isJson ? linkInJson(text, file) : linkInHtml(text, file);
  if (!link) throw new Error(`The Python index at ${url.host} has no ${file}; PIP_INDEX_URL names another.`);
  const target = withoutCredentials(new URL(link, response.url));
  // A mirror's password is for the mirror only.
  return { url: target.url, headers: target.url.origin === url.origin ? headers : target.headers };
}

function linkInJson(text: string, file: string): string | undefined {
  return page.parse(JSON.parse(text)).files.find(({ filename }) => filename === file)?.url;
}

function linkInHtml(text: string, file: string): string | undefined {
  const links = [...text.matchAll(/<a\s[^>]*?href="([^"]+)"/gi)].map(([, href = ""]) => href.replaceAll("&amp;", "&"));
  return links.find((href) => decodeURIComponent(href.replace(/[?#].*$/, "")).endsWith(`/${file}`));
}

/** fetch refuses addresses with a user and password, which mirrors often have; they become the header they stand for. */
function withoutCredentials(from: URL): IndexFile {
  const url = new URL(from);
  const { username, password } = url;
  [url.username, url.password] = ["", ""];
  if (!username) return { url, headers: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString("base64")}` } };
}
