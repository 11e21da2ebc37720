// What a page is like while it is scrolled, as the browser itself tells: elements, long tasks, and the time from frame to frame.
import type { Page } from "playwright-core";

export type Scrolled = {
  /** Most elements in the document at once. */
  nodes: number;
  /** Milliseconds of each task longer than 50, which is what browsers call a long one. */
  longTasks: number[];
  /** Milliseconds between frames of the page's own thread. */
  frames: number[];
  pixels: number;
  /** Pictures that had come, of those on the screen, at the end of every stretch. */
  shown: number[];
};

const PROBE = `
  window.probe = { nodes: 0, longTasks: [], frames: [] };
  new PerformanceObserver((list) => probe.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  let before = performance.now();
  const frame = (now) => {
    probe.frames.push(now - before);
    before = now;
    probe.nodes = Math.max(probe.nodes, document.getElementsByTagName("*").length);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
`;
/** A probe that sees nothing would find every page smooth. */
const STALL_MS = 120;
const STALL = `{ const until = performance.now() + ${STALL_MS}; while (performance.now() < until); }`;
const STRETCH = 6000;

/** Scrolls to the end of the page as a wheel does. @param speed pixels a second */
export async function scrollThrough(page: Page, speed: number): Promise<Scrolled> {
  const session = await page.context().newCDPSession(page);
  await page.evaluate(PROBE);
  await page.evaluate(`setTimeout(() => ${STALL})`);
  await page.waitForTimeout(500);
  if ((await page.evaluate<number>("probe.longTasks.length")) === 0) throw new Error("A stalled page was not noticed.");
  await page.evaluate("probe.nodes = 0, probe.longTasks = [], probe.frames = []");
  const shown: number[] = [];
  let [at, before] = [0, -1];
  while (at > before) {
    before = at;
    await session.send("Input.synthesizeScrollGesture", {
      x: 640,
      y: 400,
      yDistance: -STRETCH,
      speed,
      gestureSourceType: "mouse",
    });
    at = await page.evaluate<number>("scrollY");
    shown.push(
      await page.evaluate<number>(
        "document.querySelectorAll('.cell img').length / document.querySelectorAll('.cell').length",
      ),
    );
  }
  const seen = await page.evaluate<Omit<Scrolled, "pixels" | "shown">>("probe");
  return { ...seen, pixels: at, shown };
}
