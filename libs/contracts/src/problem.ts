// The error catalogue: every code Ursa answers or records, its HTTP status, and what a person can do about it (RFC 9457).
import { z } from "zod";

type ProblemType = { status: number; title: string };

export const PROBLEMS = {
  malformed_request: { status: 400, title: "The request is not one that HTTP allows." },
  malformed_body: { status: 400, title: "The body could not be read as what its content type says." },
  key_missing: { status: 401, title: "This address needs an API key." },
  key_unknown: { status: 401, title: "The API key is not one that this Ursa knows." },
  key_expired: { status: 401, title: "The API key has expired." },
  key_revoked: { status: 401, title: "The API key was revoked." },
  scope_missing: { status: 403, title: "The API key is not good for this." },
  bad_link: { status: 403, title: "The link is not one that this Ursa made, or its time is over." },
  not_found: { status: 404, title: "There is no such thing here." },
  unknown_model: { status: 404, title: "No model or alias has this name." },
  no_default_model: { status: 404, title: "No model was named and no alias is marked default." },
  upload_not_found: { status: 404, title: "No upload has this name." },
  method_not_allowed: { status: 405, title: "This address does not answer that method." },
  request_timeout: { status: 408, title: "The request took too long to arrive." },
  dataset_not_ready: { status: 409, title: "The dataset is not ready." },
  model_not_ready: { status: 409, title: "The model has no trained stage to serve yet." },
  no_heat_maps: { status: 409, title: "The model has no explain.onnx, which heat maps are made with." },
  already_final: { status: 409, title: "It has ended already." },
  still_running: { status: 409, title: "It is still running; cancel it first." },
  in_use: { status: 409, title: "Something else still refers to it." },
  draft_is_empty: { status: 409, title: "There are no edits to commit." },
  nothing_to_fetch: { status: 409, title: "There is nothing that would be fetched." },
  conflict: { status: 409, title: "Someone else changed it at the same moment; try again." },
  keys_off: { status: 409, title: "This Ursa runs without keys." },
  too_many_webhooks: { status: 409, title: "The namespace has as many webhooks as it may have." },
  webhook_disabled: { status: 409, title: "The webhook's receiver said that it is gone." },
  payload_too_large: { status: 413, title: "The body is larger than this address takes." },
  unsupported_media_type: { status: 415, title: "This address does not take that content type." },
  invalid_request: { status: 422, title: "Something in the request is not as it should be." },
  idempotency_conflict: { status: 422, title: "This Idempotency-Key was used with a different request." },
  list_is_html: { status: 422, title: "The URL list is a web page, not a list of URLs." },
  list_is_empty: { status: 422, title: "The URL list has no URLs." },
  bad_archive: { status: 422, title: "The archive cannot be used." },
  too_few_classes: { status: 422, title: "A classifier needs at least two classes." },
  too_few_pictures: {
    status: 422,
    title: "A class needs at least two usable pictures: one to train on and one to check with.",
  },
  edits_refused: { status: 422, title: "Some of the edits cannot be made, so none was." },
  unknown_class: { status: 422, title: "There is no such class." },
  classes_differ: { status: 422, title: "The dataset has classes that the model does not know." },
  split_is_empty: { status: 422, title: "The dataset has no usable pictures on this side of its split." },
  nothing_in_common: { status: 422, title: "The two models have no pictures in common to be compared on." },
  class_mostly_failed: { status: 422, title: "More than the allowed part of a class could not be used." },
  bad_model: { status: 422, title: "The model cannot be imported." },
  bad_image: { status: 422, title: "The picture cannot be used." },
  fetch_failed: { status: 422, title: "The picture could not be fetched." },
  weights_missing: { status: 422, title: "The backbone's weights are not installed." },
  invalid_payload: { status: 422, title: "A job's payload is not one this version understands." },
  rate_limited: { status: 429, title: "Too many requests came from this address or key; try again shortly." },
  quota_exceeded: { status: 429, title: "The namespace has used up what it may use." },
  cancelled: { status: 409, title: "It was cancelled." },
  model_integrity: { status: 500, title: "A stored model file is not the one that was written." },
  out_of_memory: { status: 422, title: "Training does not fit in memory, not even with the smallest batch." },
  training_diverged: { status: 500, title: "Training diverged: its losses grew instead of falling." },
  worker_failed: { status: 500, title: "A worker failed at this too many times." },
  internal: { status: 500, title: "Ursa failed; the log has the details under this request id." },
  queue_unavailable: { status: 503, title: "Redis cannot be reached; try again shortly." },
  store_unavailable: { status: 503, title: "The object store cannot be reached; try again shortly." },
  inferer_unavailable: { status: 503, title: "No inferer answers; try again shortly." },
  downloader_unavailable: { status: 503, title: "No downloader answers; try again shortly." },
  too_busy: { status: 503, title: "Too much is being answered at once; try again shortly." },
  disk_full: { status: 507, title: "A disk is full." },
} as const satisfies Record<string, ProblemType>;

export type ProblemCode = keyof typeof PROBLEMS;
// Object.keys of a const object yields exactly its keys.
export const problemCodeSchema = z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]);

/** The body of every error answer. `detail` says what came and what to do; further members carry data. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: problemCodeSchema,
  detail: z.string().optional(),
  requestId: z.string().optional(),
});
export type ProblemBody = z.infer<typeof problemSchema>;

/** A failure with a code from the catalogue. Thrown anywhere; becomes a problem body at the HTTP edge and `record.error` in a job. */
export class Problem extends Error {
  override name = "Problem";
  readonly code: ProblemCode;
  readonly extra: Record<string, unknown>;

  constructor(code: ProblemCode, detail?: string, options: { cause?: unknown; extra?: Record<string, unknown> } = {}) {
    super(detail ?? PROBLEMS[code].title, { cause: options.cause });
    this.code = code;
    this.extra = options.extra ?? {};
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  toBody(requestId?: string): ProblemBody {
    const { status, title } = PROBLEMS[this.code];
    return {
      ...this.extra,
      type: `/docs#${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.message,
      ...(requestId ? { requestId } : {}),
    };
  }
}
