import { useRef, useState } from "react";

type Props = { label: string; button: string; text: string; rows?: number };

/** Text to be taken elsewhere: a button copies it. */
export function CopiedText({ label, button, text, rows = 1 }: Props) {
  const [said, setSaid] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const copy = () => {
    // Browsers give the clipboard to pages of https and of this machine; elsewhere the person presses the keys.
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject();
    copied.then(
      () => setSaid("Copied."),
      () => {
        area.current?.select();
        setSaid("It is selected: press Ctrl+C, or ⌘+C on a Mac.");
      },
    );
  };
  return (
    <>
      <p className="actions">
        <button type="button" className="second" onClick={copy}>
          {button}
        </button>
        <span role="status">{said}</span>
      </p>
      <textarea ref={area} readOnly rows={rows} wrap="off" aria-label={label} value={text} />
    </>
  );
}
