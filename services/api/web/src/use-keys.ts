import { useEffect, useRef } from "react";

/** Where a person writes or chooses, letters are theirs. */
const TAKES_LETTERS = "input:not([type=checkbox]), select, textarea, dialog";

/**
 * Keys pressed anywhere on the page, without Ctrl, Alt or Meta. A held arrow goes on; nothing else is done twice by holding it.
 * @param onKey whether it did something with the key, which then does nothing else
 */
export function useKeys(onKey: (key: string) => boolean): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const { key, target, repeat } = event;
      if (event.ctrlKey || event.altKey || event.metaKey || (repeat && !key.startsWith("Arrow"))) return;
      if (target instanceof Element && target.closest(TAKES_LETTERS)) return;
      if (latest.current(key)) event.preventDefault();
    };
    addEventListener("keydown", heard);
    return () => removeEventListener("keydown", heard);
  }, []);
}
