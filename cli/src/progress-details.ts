// What stands beside a bar of training: `stage 2 · epoch 1/2 · loss 0.31 · lr 2.1e-4 · 17 img/s · ETA 12 s`.
import type { Progress } from "@ursa/contracts/record";

/** Empty for progress that only counts. */
export function progressDetails(progress: Progress): string {
  const { stage, epoch, epochs, loss, learningRate, imagesPerSecond, running, etaSeconds } = progress;
  return [
    stage?.replace("-", " "),
    epoch === undefined ? undefined : `epoch ${epoch}/${epochs}`,
    loss === undefined ? undefined : `loss ${loss < 0.1 ? loss.toPrecision(2) : loss.toFixed(2)}`,
    learningRate === undefined ? undefined : `lr ${learningRate.toExponential(1)}`,
    imagesPerSecond === undefined ? undefined : `${Number(imagesPerSecond.toPrecision(2))} img/s`,
    running === undefined ? undefined : `${running} running`,
    etaSeconds === undefined ? undefined : `ETA ${duration(etaSeconds)}`,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
