// Where each thing lies in the object store: pure functions, made of ids and hashes only, never of user text.
import { createHash } from "node:crypto";

type Owner = { namespace: string; id: string };
type Kind = "dataset" | "model" | "prediction" | "evaluation" | "inspection" | "regression" | "sweep";

const root = (namespace: string) => `ns/${namespace}`;
const dataset = ({ namespace, id }: Owner) => `${root(namespace)}/datasets/${id}`;
const model = ({ namespace, id }: Owner) => `${root(namespace)}/models/${id}`;
const prediction = ({ namespace, id }: Owner) => `${root(namespace)}/predictions/${id}`;
const evaluation = ({ namespace, id }: Owner) => `${root(namespace)}/evaluations/${id}`;
const inspection = ({ namespace, id }: Owner) => `${root(namespace)}/inspections/${id}`;
const regression = ({ namespace, id }: Owner) => `${root(namespace)}/regressions/${id}`;
const sweep = ({ namespace, id }: Owner) => `${root(namespace)}/sweeps/${id}`;
const webhook = ({ namespace, id }: Owner) => `${root(namespace)}/webhooks/${id}`;
const padded = (shard: number) => String(shard).padStart(6, "0");

export const keys = {
  /** Records of one kind: `datasets`, `models`, `predictions`, `evaluations`, `inspections`, `regressions`, `sweeps`, `aliases`, `drafts`, `webhooks`. */
  records: (namespace: string, kind: string) => `${root(namespace)}/records/${kind}/`,
  record: (namespace: string, kind: string, id: string) => `${root(namespace)}/records/${kind}/${id}.json`,
  /** Records of all kinds. */
  allRecords: (namespace: string) => `${root(namespace)}/records/`,
  namespaces: "ns/",
  all: (namespace: string) => `${root(namespace)}/`,
  /** API keys belong to the installation: which namespace a key is of is only known once it was read. */
  apiKeys: "keys/",
  apiKey: (id: string) => `keys/${id}.json`,
  /** Apart from the key, so that noting a use never writes over a revocation. */
  apiKeyUse: (id: string) => `key-uses/${id}.json`,
  /** The same of a secret that the key had before. */
  formerKeyUse: (id: string) => `key-uses/${id}-former.json`,
  /** What links are signed with; no backup has it. */
  linkSecret: "secrets/links.json",
  /** Apart from the namespaces, which trainers and inferers read: only who makes a secret and who signs with it may. */
  webhookSecrets: "webhook-secrets/",
  webhookSecret: (id: string) => `webhook-secrets/${id}.json`,
  /** Everything that belongs to records of one kind, the records themselves apart. */
  ofKind: (namespace: string, kind: Kind) => `${root(namespace)}/${kind}s/`,
  /** User text (an Idempotency-Key) is hashed before it becomes part of a key. */
  idempotency: (namespace: string, operation: string, key: string) =>
    `${root(namespace)}/idempotency/${sha256Hex(`${operation}\n${key}`)}.json`,
  upload: (namespace: string, name: string) => `${root(namespace)}/uploads/${name}`,
  /** The bytes of an uploaded archive, which stay the same when its upload is replaced: the upload says which they are. */
  archive: (namespace: string, id: string) => `${root(namespace)}/archives/${id}`,
  /** Original bytes, once per content. */
  image: (namespace: string, sha256: string) => `${root(namespace)}/images/${sha256}`,

  /** What a pretrained body says of a picture, once per content: `body` is the sha256 of what computes it. */
  features: (namespace: string, body: string, sha256: string) => `${root(namespace)}/features/${body}/${sha256}`,
  allFeatures: (namespace: string) => `${root(namespace)}/features/`,

  /** What a URL gave that is no usable picture, once per content: kept for whoever asks why. Never decoded again. */
  quarantine: (namespace: string, sha256: string) => `${root(namespace)}/quarantine/${sha256}`,

  dataset: {
    all: (owner: Owner) => `${dataset(owner)}/`,
    plan: (owner: Owner, shard: number) => `${dataset(owner)}/plan/${padded(shard)}.jsonl`,
    part: (owner: Owner, shard: number) => `${dataset(owner)}/parts/${padded(shard)}.jsonl`,
    /** Named by its content, so that two workers on one shard cannot mix their tars. */
    tar: (owner: Owner, shard: number, sha256: string) => `${dataset(owner)}/shards/${padded(shard)}-${sha256}.tar`,
    manifest: (owner: Owner, fence: number) => `${dataset(owner)}/manifest-${fence}.jsonl`,
    /** The edits that made this version, named by their content: what was committed never changes. */
    edits: (owner: Owner, sha256: string) => `${dataset(owner)}/edits-${sha256}.jsonl`,
    /** All that was said on the way to them, named likewise. */
    decisions: (owner: Owner, sha256: string) => `${dataset(owner)}/decisions-${sha256}.jsonl`,
  },
  model: {
    all: (owner: Owner) => `${model(owner)}/`,
    checkpoints: (owner: Owner) => `${model(owner)}/checkpoints/`,
    /** `batch` counts batches of the epoch after `epoch` finished ones. */
    checkpoint: (
      owner: Owner,
      fence: number,
      { stage, epoch, batch }: { stage: string; epoch: number; batch: number },
    ) => `${model(owner)}/checkpoints/${fence}/${stage}-${String(epoch).padStart(4, "0")}-${padded(batch)}.safetensors`,
    artifact: (owner: Owner, fence: number, file: { stage: string; name: string }) =>
      `${model(owner)}/${file.stage}/${fence}/${file.name}`,
  },
  prediction: {
    all: (owner: Owner) => `${prediction(owner)}/`,
    plan: (owner: Owner, shard: number) => `${prediction(owner)}/plan/${padded(shard)}.jsonl`,
    /** Fetched pictures of a prediction over URLs. */
    part: (owner: Owner, shard: number) => `${prediction(owner)}/parts/${padded(shard)}.jsonl`,
    answers: (owner: Owner, shard: number) => `${prediction(owner)}/answers/${padded(shard)}.jsonl`,
    results: (owner: Owner, fence: number) => `${prediction(owner)}/results-${fence}.jsonl`,
  },
  evaluation: {
    all: (owner: Owner) => `${evaluation(owner)}/`,
    /** What the model said of some of the pictures. */
    answers: (owner: Owner, part: number) => `${evaluation(owner)}/answers/${padded(part)}.jsonl`,
    result: (owner: Owner, fence: number) => `${evaluation(owner)}/evaluation-${fence}.json`,
  },
  inspection: {
    all: (owner: Owner) => `${inspection(owner)}/`,
    result: (owner: Owner, fence: number) => `${inspection(owner)}/inspection-${fence}.json`,
  },
  regression: {
    all: (owner: Owner) => `${regression(owner)}/`,
    /** Points that were given, as JSON. */
    points: (owner: Owner) => `${regression(owner)}/points.json`,
    result: (owner: Owner, fence: number) => `${regression(owner)}/regression-${fence}.json`,
  },
  /** A sweep has nothing but its record: what its runs make is their models'. */
  sweep: { all: (owner: Owner) => `${sweep(owner)}/` },
  webhook: {
    ofAll: (namespace: string) => `${root(namespace)}/webhooks/`,
    all: (owner: Owner) => `${webhook(owner)}/`,
    lastAttempt: (owner: Owner) => `${webhook(owner)}/last-attempt.json`,
    told: (owner: Owner) => `${webhook(owner)}/told/`,
    /** There once the message was delivered, or given up. */
    toldOf: (owner: Owner, message: string) => `${webhook(owner)}/told/${message}.json`,
  },
};

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
