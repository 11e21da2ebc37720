// The frame around every page: who asks, where one is, and what there is.
import { useEffect, useMemo, useState } from "react";
import { KeyForm } from "./key-form.tsx";
import { MENU, PAGES } from "./pages.ts";
import { ErrorNote } from "./parts/error-note.tsx";
import { isKeyProblem } from "./parts/problem-words.ts";
import { Skeleton } from "./parts/skeleton.tsx";
import { createPictureCache } from "./picture-cache.ts";
import { PicturesProvider } from "./pictures.ts";
import { hrefTo, placeOf, useHash } from "./router.ts";
import { ClientProvider, clientFor, keepKey, keptKey } from "./session.ts";
import { useAnswer } from "./use-answer.ts";

export function App() {
  const [key, setKey] = useState(keptKey);
  const client = useMemo(() => clientFor(key), [key]);
  const pictures = useMemo(() => createPictureCache(client), [client]);
  const takeKey = (given: string | undefined) => {
    keepKey(given);
    setKey(given);
  };
  return (
    <ClientProvider value={client}>
      <PicturesProvider value={pictures}>
        <Door hasKey={key !== undefined} onKey={takeKey} />
      </PicturesProvider>
    </ClientProvider>
  );
}

type DoorProps = { hasKey: boolean; onKey(key: string | undefined): void };

/** Asks for a key where this Ursa runs with keys and there is none that it takes. */
function Door({ hasKey, onKey }: DoorProps) {
  const { value, problem, reload } = useAnswer("who asks", (client, signal) => client.call("listAliases", { signal }));
  if (isKeyProblem(problem)) return <KeyForm problem={hasKey ? problem : undefined} onKey={onKey} />;
  if (problem && !value)
    return (
      <main className="alone">
        <h1>Ursa</h1>
        <ErrorNote problem={problem} onRetry={reload} />
      </main>
    );
  if (!value)
    return (
      <main className="alone">
        <Skeleton lines={3} />
      </main>
    );
  return <Frame onForget={hasKey ? () => onKey(undefined) : undefined} />;
}

function Frame({ onForget }: { onForget: (() => void) | undefined }) {
  const place = placeOf(useHash(), PAGES);
  useEffect(() => {
    document.title = place ? `${place.page.title} · Ursa` : "Ursa";
  }, [place]);
  return (
    <>
      <button type="button" className="skip" onClick={() => document.getElementById("content")?.focus()}>
        Skip to content
      </button>
      <header className="top">
        <a className="brand" href={hrefTo("/")}>
          Ursa
        </a>
        <nav aria-label="Pages">
          {PAGES.filter(({ path }) => MENU.includes(path)).map(({ path, title }) => (
            <a key={path} href={hrefTo(path)} aria-current={place?.page.path === path ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <main id="content" tabIndex={-1}>
        {place ? <place.page.view key={place.path} params={place.params} query={place.query} /> : <NoSuchPage />}
      </main>
      <footer className="bottom">
        <a href="docs">API reference</a>
        <a href="status">Status page</a>
        {onForget ? (
          <button type="button" className="plain" onClick={onForget}>
            Forget the key
          </button>
        ) : null}
      </footer>
    </>
  );
}

const NoSuchPage = () => (
  <>
    <h1>No such page</h1>
    <p>
      There is nothing at this address. <a href={hrefTo("/")}>Home</a> shows what there is.
    </p>
  </>
);
