// One picture, one answer.
import type { HeatMap } from "@ursa/contracts/heat-map";
import type { Ranked } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import { type ImageOutcome, ImageRefused } from "@ursa/imaging/image-refused";
import type { Metrics } from "@ursa/service/metrics";
import type { Classifier } from "./predict.ts";
import { predictPictures } from "./tta.ts";
import { type ViewDecoders, viewsOf } from "./views-of.ts";

export type PictureAnswer = {
  predictions: Ranked;
  class: string;
  /** Of the class, in the model's order. */
  index: number;
  heatMap?: HeatMap;
  milliseconds: { decode: number; model: number; heatMap?: number };
};

/** For whoever sent the picture; the decoder's own words are in the problem's `reason`. */
const SENTENCES: Record<ImageOutcome, string> = {
  not_an_image: "These bytes are no picture: send the bytes of one, or JSON with its URL.",
  unsupported_format: "The picture's format is not one that can be read: save it as JPEG, PNG, WebP or GIF.",
  corrupt_image: "The picture is damaged or cut short: send a copy that is whole.",
  too_small: "The picture is too small to show anything: send a larger one.",
  too_many_pixels: "The picture has too many pixels: make it smaller and send it again.",
  decoder_crashed: "The picture broke what was to read it: save it anew, as JPEG or PNG, and send that.",
  timeout: "The picture took too long to read: make it smaller, or save it anew as JPEG or PNG.",
};

/** What `Explainer.explain` does, wherever that comes from. */
export type Explain = (view: Uint8Array, index: number) => Promise<HeatMap>;
/** `class`: left out, that of the answer. */
export type AskedHeatMap = { explain: Explain; class?: string | undefined };
export type How = { tta: boolean; signal: AbortSignal; heatMap?: AskedHeatMap | undefined };

type PictureMetrics = Pick<Metrics, "predictDuration" | "predictBatchSize" | "predictPictures">;
export type ClassifyParts = { classifier: Classifier; decoders: ViewDecoders; metrics: PictureMetrics };

/** @throws Problem bad_image, with the outcome as `outcome` and the decoder's words as `reason`; unknown_class for a heat map of none */
export async function classifyPicture(
  { classifier, decoders, metrics }: ClassifyParts,
  bytes: Uint8Array,
  { tta, signal, heatMap: asked }: How,
): Promise<PictureAnswer> {
  if (asked?.class !== undefined) checkClass(classifier, asked.class);
  const started = performance.now();
  const views = await viewsOf(decoders, bytes, { size: classifier.size, tta, signal }).catch(refuse);
  // Nobody waits any more: the network is for those who do.
  signal.throwIfAborted();
  const decoded = performance.now();
  const [probabilities] = await predictPictures(classifier, [views]);
  const ended = performance.now();
  const predictions = rank(classifier.classes, probabilities ?? new Float32Array());
  const best = predictions[0]?.[0] ?? "";
  observe(metrics, { decode: (decoded - started) / 1000, model: (ended - decoded) / 1000 });
  const answer = { predictions, class: best, index: classifier.classes.indexOf(best) };
  const milliseconds = { decode: round(decoded - started), model: round(ended - decoded) };
  const [plain] = views;
  if (!asked || !plain) return { ...answer, milliseconds };
  const heatMap = await asked.explain(plain, classifier.classes.indexOf(asked.class ?? best));
  return { ...answer, heatMap, milliseconds: { ...milliseconds, heatMap: round(performance.now() - ended) } };
}

function checkClass({ classes }: Classifier, name: string): void {
  if (classes.includes(name)) return;
  throw new Problem("unknown_class", `The model has no class ${name}; it has ${classes.join(", ")}.`);
}

/** Every class with its probability, best first; equal ones stay in the model's order. */
export function rank(classes: readonly string[], probabilities: Float32Array): Ranked {
  return classes
    .map((name, index): [string, number] => [name, probabilities[index] ?? 0])
    .sort(([, a], [, b]) => b - a);
}

function observe(
  { predictDuration, predictBatchSize, predictPictures: pictures }: PictureMetrics,
  seconds: { decode: number; model: number },
): void {
  pictures.inc({ mode: "single" });
  predictBatchSize.observe(1);
  predictDuration.observe({ stage: "preprocess" }, seconds.decode);
  predictDuration.observe({ stage: "infer" }, seconds.model);
  predictDuration.observe({ stage: "total" }, seconds.decode + seconds.model);
}

const round = (milliseconds: number) => Math.round(milliseconds * 100) / 100;

function refuse(error: unknown): never {
  if (!(error instanceof ImageRefused)) throw error;
  const { outcome, reason } = error;
  throw new Problem("bad_image", SENTENCES[outcome], { cause: error, extra: { outcome, reason } });
}
