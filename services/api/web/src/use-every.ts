import { useEffect, useRef } from "react";

/** Runs while somebody looks: not in a tab that is hidden. */
export function useEvery(milliseconds: number, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const timer = setInterval(() => document.hidden || latest.current(), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
