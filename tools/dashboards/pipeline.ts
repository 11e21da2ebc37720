// From listed URLs to datasets: how fast, and what gets in the way.
import { type Dashboard, perSecond, quantile } from "./dashboard.ts";

export const pipeline: Dashboard = {
  uid: "ursa-pipeline",
  title: "Ursa: Pipeline",
  rows: [
    {
      question: "How much is left, and how long does it wait?",
      panels: [
        {
          ...{ title: "Shards, merges and messages by state", unit: "short", isStacked: true },
          queries: [
            {
              expr: 'max by (queue, state) (ursa_queue_jobs{queue=~"fetch|assemble|notify",state=~"waiting|prioritized|active|delayed|waiting-children"})',
              legend: "{{queue}} {{state}}",
            },
          ],
        },
        {
          ...{ title: "Longest wait now", unit: "s" },
          queries: [
            {
              expr: 'max by (queue) (ursa_queue_oldest_waiting_age_seconds{queue=~"fetch|assemble|notify"})',
              legend: "{{queue}}",
            },
          ],
        },
        {
          ...{ title: "Wait before a worker took it (p95)", unit: "s" },
          queries: [{ expr: quantile(0.95, "ursa_job_wait_seconds", { by: "queue" }), legend: "{{queue}}" }],
        },
      ],
    },
    {
      question: "How fast are pictures fetched?",
      panels: [
        {
          ...{ title: "URLs finished", unit: "ops", isStacked: true },
          queries: [{ expr: perSecond("ursa_downloads_total", { by: "outcome" }), legend: "{{outcome}}" }],
        },
        {
          ...{ title: "Bytes received", unit: "Bps" },
          queries: [{ expr: perSecond("ursa_download_bytes_total"), legend: "all downloaders" }],
        },
        {
          ...{ title: "Time of one URL, retries included", unit: "s" },
          queries: [0.5, 0.95].map((q) => ({
            expr: quantile(q, "ursa_download_duration_seconds", { where: '{outcome="ok"}' }),
            legend: `p${q * 100} of the good`,
          })),
        },
        {
          ...{ title: "Time to decode and verify one", unit: "s" },
          queries: [0.5, 0.95].map((q) => ({
            expr: quantile(q, "ursa_image_decode_duration_seconds"),
            legend: `p${q * 100}`,
          })),
        },
      ],
    },
    {
      question: "Why do URLs fail?",
      panels: [
        {
          ...{ title: "Failures by outcome", unit: "ops", isStacked: true },
          queries: [
            {
              expr: perSecond("ursa_downloads_total", {
                by: "outcome",
                where: '{outcome!~"ok|duplicate|label_conflict|skipped"}',
              }),
              legend: "{{outcome}}",
            },
          ],
        },
        {
          ...{ title: "Requests for each URL", unit: "short", description: "Above 1: retries of what may pass." },
          queries: [
            {
              expr: `${perSecond("ursa_download_attempts_total")} / ${perSecond("ursa_downloads_total")}`,
              legend: "requests",
            },
          ],
        },
        {
          ...{ title: "Rows of assembled datasets, over the time shown", unit: "short" },
          description: "As the manifests count them: repeats are only known here.",
          queries: [
            { expr: "sum by (outcome) (increase(ursa_dataset_items_total[$__range])) > 0", legend: "{{outcome}}" },
          ],
        },
      ],
    },
    {
      question: "Do jobs end well?",
      panels: [
        {
          ...{ title: "Attempts by how they ended", unit: "ops", isStacked: true },
          queries: [{ expr: perSecond("ursa_jobs_total", { by: "queue, outcome" }), legend: "{{queue}} {{outcome}}" }],
        },
        {
          ...{ title: "Time of one attempt (p95)", unit: "s" },
          queries: [{ expr: quantile(0.95, "ursa_job_duration_seconds", { by: "queue" }), legend: "{{queue}}" }],
        },
        {
          ...{ title: "Workers lost, locks lost", unit: "ops" },
          queries: [
            { expr: perSecond("ursa_jobs_stalled_total", { by: "queue" }), legend: "{{queue}}: worker lost" },
            { expr: perSecond("ursa_job_lock_lost_total", { by: "queue" }), legend: "{{queue}}: lock lost" },
          ],
        },
        {
          ...{ title: "Attempts begun", unit: "ops" },
          queries: [{ expr: perSecond("ursa_job_attempts_total", { by: "queue" }), legend: "{{queue}}" }],
        },
      ],
    },
    {
      question: "Are webhooks told?",
      panels: [
        {
          ...{ title: "Attempts at messages by outcome", unit: "ops", isStacked: true },
          queries: [{ expr: perSecond("ursa_webhook_attempts_total", { by: "outcome" }), legend: "{{outcome}}" }],
        },
        {
          ...{ title: "Messages given up, over the time shown", unit: "short" },
          queries: [
            {
              expr: 'sum(increase(ursa_jobs_total{queue="notify",outcome="failed"}[$__range]))',
              legend: "given up",
            },
          ],
        },
      ],
    },
  ],
};
