// Answers about pictures: single ones for people who wait, and batches.
import { type Dashboard, perSecond, quantile } from "./dashboard.ts";

const INFERERS = '{job=~"inferer|inferer-batch"}';
const CLASSIFY = '{job="api",route=~"/v1/classify|/classify-url"}';

export const inference: Dashboard = {
  uid: "ursa-inference",
  title: "Ursa: Inference",
  rows: [
    {
      question: "How long does a picture take?",
      panels: [
        {
          ...{ title: "One picture, at the inferer", unit: "s" },
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, "ursa_predict_duration_seconds", { where: '{stage="total"}' }),
            legend: `p${q * 100}`,
          })),
        },
        {
          ...{ title: "By stage (p95)", unit: "s" },
          queries: [{ expr: quantile(0.95, "ursa_predict_duration_seconds", { by: "stage" }), legend: "{{stage}}" }],
        },
        {
          ...{ title: "Until its model was at hand (p95)", unit: "s" },
          queries: [{ expr: quantile(0.95, "ursa_predict_queue_seconds"), legend: "p95" }],
        },
        {
          ...{ title: "As callers see it (p95)", unit: "s", description: "/classify-url fetches the picture first." },
          queries: [
            {
              expr: quantile(0.95, "ursa_http_request_duration_seconds", { by: "route", where: CLASSIFY }),
              legend: "{{route}}",
            },
          ],
        },
      ],
    },
    {
      question: "How many are asked for, and are any refused?",
      panels: [
        {
          ...{ title: "Pictures answered", unit: "ops", isStacked: true },
          queries: [{ expr: perSecond("ursa_predict_pictures_total", { by: "mode" }), legend: "{{mode}}" }],
        },
        {
          ...{ title: "Single pictures by answer", unit: "reqps", isStacked: true },
          queries: [
            {
              expr: perSecond("ursa_http_request_duration_seconds_count", { by: "status_class", where: CLASSIFY }),
              legend: "{{status_class}}",
            },
          ],
        },
        {
          ...{ title: "In work at each inferer", unit: "short" },
          queries: [
            { expr: 'sum by (instance) (ursa_http_requests_in_flight{job="inferer"})', legend: "{{instance}}" },
          ],
        },
      ],
    },
    {
      question: "Do batches move?",
      panels: [
        {
          ...{ title: "Jobs of predictions and evaluations", unit: "short", isStacked: true },
          queries: [
            {
              expr: 'max by (queue, state) (ursa_queue_jobs{queue=~"predict|collect|evaluate",state=~"waiting|prioritized|active|delayed"})',
              legend: "{{queue}} {{state}}",
            },
          ],
        },
        {
          ...{ title: "Longest wait now", unit: "s" },
          queries: [
            {
              expr: 'max by (queue) (ursa_queue_oldest_waiting_age_seconds{queue=~"predict|collect|evaluate"})',
              legend: "{{queue}}",
            },
          ],
        },
        {
          ...{ title: "Pictures in one run of a model", unit: "short" },
          queries: [
            {
              expr: `${perSecond("ursa_predict_batch_size_sum", { by: "job" })} / ${perSecond("ursa_predict_batch_size_count", { by: "job" })}`,
              legend: "{{job}}",
            },
          ],
        },
      ],
    },
    {
      question: "Are models at hand, and have inferers room?",
      panels: [
        {
          ...{ title: "Models in memory", unit: "short" },
          queries: [{ expr: `sum by (instance) (ursa_models_loaded${INFERERS})`, legend: "{{instance}}" }],
        },
        {
          ...{ title: "Memory of models", unit: "bytes" },
          queries: [{ expr: `sum by (instance) (ursa_models_loaded_bytes${INFERERS})`, legend: "{{instance}}" }],
        },
        {
          ...{ title: "Time to load one (p95)", unit: "s" },
          queries: [{ expr: quantile(0.95, "ursa_model_load_seconds", { where: INFERERS }), legend: "p95" }],
        },
        {
          ...{ title: "CPU (cores)", unit: "short" },
          queries: [
            {
              expr: perSecond("process_cpu_seconds_total", { by: "instance", where: INFERERS }),
              legend: "{{instance}}",
            },
          ],
        },
      ],
    },
  ],
};
