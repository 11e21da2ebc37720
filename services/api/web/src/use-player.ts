// A film of so many frames: played, paused, or put at a frame by hand.
import { useEffect, useState } from "react";

export type Player = { frame: number; isPlaying: boolean; toggle(): void; show(frame: number): void };

const FILM_MS = 5000;
const FRAME_MS = 40;

/** @param film another text is another film, which starts to play, unless the reader wants no motion: then its last frame is shown */
export function usePlayer(film: string, last: number): Player {
  const [state, setState] = useState({ frame: 0, isPlaying: false });
  useEffect(() => {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches || film === "";
    setState({ frame: isStill ? last : 0, isPlaying: !isStill });
  }, [film, last]);
  const { isPlaying } = state;
  useEffect(() => {
    if (!isPlaying) return;
    const stride = Math.max(1, Math.round((last * FRAME_MS) / FILM_MS));
    const timer = setInterval(() => {
      setState((now) => {
        const frame = Math.min(last, now.frame + stride);
        return { frame, isPlaying: frame < last && now.isPlaying };
      });
    }, FRAME_MS);
    return () => clearInterval(timer);
  }, [isPlaying, last]);
  return {
    frame: Math.min(state.frame, last),
    isPlaying,
    toggle: () =>
      setState((now) => ({ frame: now.frame >= last && !now.isPlaying ? 0 : now.frame, isPlaying: !now.isPlaying })),
    show: (frame) => setState({ frame, isPlaying: false }),
  };
}
