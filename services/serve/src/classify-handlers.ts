// /v1/classify and /classify-url, answered as the API answers them.
import { type ClassifyParts, classifyPicture, type Explain } from "@ursa/classifier/classify-picture";
import type { ModelCard } from "@ursa/classifier/model-card";
import type { Classification } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import type { Handlers } from "@ursa/http/server";
import type { Pictures } from "./pictures.ts";

type Parts = ClassifyParts & { card: ModelCard; pictures: Pictures; explain: Explain };
type Picture = { url: string } | { bytes: Uint8Array };
type Question = {
  model?: string | undefined;
  tta: boolean;
  heatMap: boolean;
  signal: AbortSignal;
  picture: Picture;
};

export function classifyHandlers(parts: Parts): Pick<Handlers, "classify" | "classifyUrl"> {
  const answer = (question: Question) => parts.pictures.inTurn(() => classify(parts, question));
  return {
    classify: ({ query, body, request: { signal } }) => answer({ ...query, signal, picture: body }),
    classifyUrl: ({ query: { url, ...query }, request: { signal } }) => answer({ ...query, signal, picture: { url } }),
  };
}

async function classify(parts: Parts, { model, picture, heatMap, ...rest }: Question): Promise<Classification> {
  const { modelId } = parts.card;
  if (model !== undefined && model !== modelId)
    throw new Problem("unknown_model", `Only ${modelId} is served here: leave \`model\` out.`);
  const started = performance.now();
  const { signal } = rest;
  const how = { ...rest, heatMap: heatMap ? { explain: parts.explain } : undefined };
  if ("bytes" in picture) {
    const { milliseconds, ...answer } = await classifyPicture(parts, picture.bytes, how);
    return { ...answer, model: modelId, milliseconds: { ...milliseconds, total: since(started) } };
  }
  return parts.pictures.withFetched(picture.url, signal, async (bytes) => {
    const fetched = { fetch: since(started) };
    const { milliseconds, ...answer } = await classifyPicture(parts, bytes, how);
    return { ...answer, model: modelId, milliseconds: { ...fetched, ...milliseconds, total: since(started) } };
  });
}

const since = (started: number) => Math.round((performance.now() - started) * 100) / 100;
