// Addresses of pages are behind the #: the server has one page, and no log or proxy sees what is looked at.
import type { ComponentType } from "react";
import { useEffect, useSyncExternalStore } from "react";

export type PageProps = { params: Record<string, string>; query: URLSearchParams };
/** `path` has `{name}` for parameters, as the route table writes them. */
export type Page = { path: string; title: string; view: ComponentType<PageProps> };
export type Place = PageProps & { page: Page; path: string };

/** The address that a link leads to; what is left out of `query` is undefined. */
export function hrefTo(path: string, query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = new URLSearchParams(given).toString();
  return `#${path}${search ? `?${search}` : ""}`;
}

export function goTo(path: string, query: Record<string, string | undefined> = {}): void {
  location.hash = hrefTo(path, query);
}

/** Whether the page of this path is the one that is shown. */
export const isAt = (path: string, hash = location.hash): boolean => (hash.replace(/^#|\?.*$/g, "") || "/") === path;

/** @returns undefined where no page has this address */
export function placeOf(hash: string, pages: readonly Page[]): Place | undefined {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
  const came = path || "/";
  for (const page of pages) {
    const params = match(page.path, came);
    if (params) return { page, path: came, params, query: new URLSearchParams(search) };
  }
  return undefined;
}

function match(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split("/");
  const came = path.split("/");
  if (wanted.length !== came.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name) params[name] = decoded(came[at] ?? "");
    else if (part !== came[at]) return undefined;
  }
  return params;
}

/** An address typed by hand may hold a lone %. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Why the page that is shown should not be left yet, as a question to a person; by whom it is put. */
const doubts = new Map<object, string>();

export function useHash(): string {
  return useSyncExternalStore(
    (changed) => {
      const turn = ({ oldURL }: HashChangeEvent) => {
        const [question] = doubts.values();
        if (question === undefined || confirm(question)) changed();
        // The browser has gone there already. To go back by its history one would have to know which way it went.
        else history.replaceState(history.state, "", oldURL);
      };
      addEventListener("hashchange", turn);
      return () => removeEventListener("hashchange", turn);
    },
    () => location.hash,
  );
}

/** A page that is left by a link or by Back asks first, and so does a tab that is closed or reloaded; undefined where nothing would be lost. */
export function useLeaveWarning(question: string | undefined): void {
  useEffect(() => {
    if (question === undefined) return;
    const asker = {};
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    doubts.set(asker, question);
    addEventListener("beforeunload", ask);
    return () => {
      doubts.delete(asker);
      removeEventListener("beforeunload", ask);
    };
  }, [question]);
}
