import { CONSOLE_KEYS, IMAGE_SNIPPET } from "@ursa/contracts/image-snippet";
import { useRef, useState } from "react";

/** How the URLs of a page of search results become a list: a few lines for the browser's own console. */
export function SearchSnippet() {
  const [said, setSaid] = useState("");
  const text = useRef<HTMLTextAreaElement>(null);
  const copy = () => {
    // Browsers give the clipboard to pages of https and of this machine; elsewhere the person presses the keys.
    const copied = navigator.clipboard?.writeText(IMAGE_SNIPPET) ?? Promise.reject();
    copied.then(
      () => setSaid("Copied."),
      () => {
        text.current?.select();
        setSaid("It is selected: press Ctrl+C, or ⌘+C on a Mac.");
      },
    );
  };
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
      <p className="actions">
        <button type="button" className="second" onClick={copy}>
          Copy the snippet
        </button>
        <span role="status">{said}</span>
      </p>
      <textarea ref={text} readOnly rows={6} wrap="off" aria-label="Snippet" value={IMAGE_SNIPPET} />
    </details>
  );
}
