// Asks for the API key, once for this tab.
import { useState } from "react";
import { ErrorNote } from "./parts/error-note.tsx";

type Props = { problem: unknown; onKey(key: string): void };

export function KeyForm({ problem, onKey }: Props) {
  const [key, setKey] = useState("");
  return (
    <main className="alone">
      <h1>Ursa</h1>
      <form
        className="panel"
        onSubmit={(event) => {
          event.preventDefault();
          onKey(key.trim());
        }}
      >
        <label htmlFor="key">API key</label>
        <input
          id="key"
          type="password"
          autoComplete="off"
          required
          pattern="\s*[!-~]+\s*"
          title="One word, such as ursa_key_01J…"
          value={key}
          onChange={({ target }) => setKey(target.value)}
        />
        <p className="quiet">
          This Ursa runs with keys; an admin makes one with <code>ursa key create</code>. It is kept in this tab until
          the tab is closed.
        </p>
        <button type="submit">Go on</button>
      </form>
      {problem ? <ErrorNote problem={problem} /> : null}
    </main>
  );
}
