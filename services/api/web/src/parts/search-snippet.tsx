import { CONSOLE_KEYS, IMAGE_SNIPPET } from "@ursa/contracts/image-snippet";
import { CopiedText } from "./copied-text.tsx";

/** How the URLs of a page of search results become a list: a few lines for the browser's own console. */
export function SearchSnippet() {
  return (
    <details>
      <summary>Collect URLs from a page of search results</summary>
      <ol>
        <li>Search for pictures of one class, and scroll down until enough of them are shown.</li>
        <li>
          Open the browser's console there:
          <ul>
            {CONSOLE_KEYS.map(({ browser, keys, mac, note }) => (
              <li key={browser}>
                {browser}:{" "}
                {keys ? (
                  <>
                    <kbd>{keys}</kbd>, on a Mac{" "}
                  </>
                ) : null}
                <kbd>{mac}</kbd>, {note}.
              </li>
            ))}
          </ul>
        </li>
        <li>
          Paste this, press Enter, and drop the file that is saved onto this page. It reads the page it is pasted into
          and sends nothing anywhere. Mind the rights in the pictures that you use.
        </li>
      </ol>
      <CopiedText label="Snippet" button="Copy the snippet" text={IMAGE_SNIPPET} rows={6} />
    </details>
  );
}
