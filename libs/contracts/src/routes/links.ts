// Downloads without a key: a link is made by who may read a thing, and opened by whoever has it.
import { z } from "zod";
import { modelIdSchema, predictionIdSchema } from "../ids.ts";
import { linkSchema, linkSecondsSchema } from "../link.ts";
import { bytes, json, route } from "../route.ts";
import { artifactPlaceSchema } from "./models.ts";
import { resultsFormatSchema } from "./predictions.ts";

const seconds = { expiresInSeconds: linkSecondsSchema };

export const linkRoutes = {
  createArtifactLink: route({
    method: "POST",
    path: "/v1/models/{id}/artifacts/{stage}/{name}/link",
    scope: "read",
    tag: "Models",
    summary: "Make a link that downloads one of a model's files without a key",
    description:
      "The link is good for one file, for GET and for at most 300 seconds in which the download must begin. `url` begins with / where the API itself answers it, else it leads to the store.",
    params: z.strictObject({ id: modelIdSchema, ...artifactPlaceSchema }),
    query: z.strictObject(seconds),
    answer: json(linkSchema),
  }),
  createResultsLink: route({
    method: "POST",
    path: "/v1/predictions/{id}/results/link",
    scope: "read",
    tag: "Predictions",
    summary: "Make a link that downloads a prediction's results without a key",
    description:
      "The link is good for one file, for GET and for at most 300 seconds in which the download must begin. `url` begins with / where the API itself answers it, else it leads to the store.",
    params: z.strictObject({ id: predictionIdSchema }),
    query: z.strictObject({ format: resultsFormatSchema, ...seconds }),
    answer: json(linkSchema),
    problems: ["still_running"],
  }),
  openLink: route({
    method: "GET",
    path: "/v1/links/{link}",
    scope: "public",
    tag: "Links",
    summary: "Download what a link is for",
    params: z.strictObject({ link: z.string().max(1000) }),
    answer: bytes("application/octet-stream", "application/x-ndjson", "text/csv"),
    problems: ["bad_link"],
  }),
} as const;
