// How an install looks: each step a line, and the bytes of a download as a bar on a terminal, as tenths elsewhere.
import type { InstallProgress } from "@ursa/engine/install-native";
import cliProgress from "cli-progress";

export interface InstallView extends InstallProgress {
  stop(): void;
}

export function createInstallView(stream: NodeJS.WriteStream = process.stderr): InstallView {
  const startedAt = performance.now();
  const bytes = stream.isTTY ? barOf(stream) : linesOf(stream);
  return {
    step(text) {
      bytes.stop();
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
      stream.write(`${seconds} s  ${text}\n`);
    },
    bytes: (what, progress) => bytes.show(what, progress),
    stop: () => bytes.stop(),
  };
}

type Bytes = { done: number; total: number };
type BytesView = { show(what: string, bytes: Bytes): void; stop(): void };

const inMegabytes = (bytes: number) => Math.round(bytes / 1e6);

function barOf(stream: NodeJS.WriteStream): BytesView {
  let bar: cliProgress.SingleBar | undefined;
  const format = "        {what} [{bar}] {value}/{total} MB";
  const open = (what: string, total: number) => {
    const fresh = new cliProgress.SingleBar({ format, hideCursor: true, stream }, cliProgress.Presets.shades_classic);
    fresh.start(inMegabytes(total), 0, { what });
    return fresh;
  };
  return {
    show(what, { done, total }) {
      bar ??= open(what, total);
      bar.update(inMegabytes(done));
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function linesOf(stream: NodeJS.WriteStream): BytesView {
  let shownTenths = 0;
  return {
    show(what, { done, total }) {
      const tenths = Math.floor((10 * done) / total);
      if (tenths <= shownTenths) return;
      shownTenths = tenths;
      stream.write(`        ${what}: ${inMegabytes(done)} of ${inMegabytes(total)} MB\n`);
    },
    stop() {
      shownTenths = 0;
    },
  };
}
