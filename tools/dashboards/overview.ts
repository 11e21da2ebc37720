// Is Ursa well, and where to look if not.
import { type Dashboard, perSecond, quantile } from "./dashboard.ts";

const API = '{job="api",route!~"/livez|/readyz|/metrics"}';
const REQUESTS = "ursa_http_request_duration_seconds";
const errors = perSecond(`${REQUESTS}_count`, {
  where: '{job="api",status_class="5xx",route!~"/livez|/readyz|/metrics"}',
});

export const overview: Dashboard = {
  uid: "ursa-overview",
  title: "Ursa: Overview",
  rows: [
    {
      question: "Is anything wrong?",
      panels: [
        {
          ...{ title: "Alerts firing", unit: "short", isStat: true },
          queries: [{ expr: 'sum(ALERTS{alertstate="firing",severity!="none"}) or vector(0)' }],
        },
        {
          ...{ title: "Processes that answer", unit: "short", isStat: true },
          queries: [
            { expr: 'sum by (job) (up{job=~"api|downloader|trainer|inferer|inferer-batch"})', legend: "{{job}}" },
          ],
        },
        { title: "Redis answers", unit: "short", isStat: true, queries: [{ expr: "max(ursa_redis_up)" }] },
        {
          ...{ title: "Versions", unit: "short", isStat: true },
          queries: [{ expr: "count by (version) (ursa_build_info)", legend: "{{version}}" }],
        },
      ],
    },
    {
      question: "Do callers get their answers?",
      panels: [
        {
          ...{ title: "Requests", unit: "reqps", isStacked: true },
          queries: [
            { expr: perSecond(`${REQUESTS}_count`, { by: "status_class", where: API }), legend: "{{status_class}}" },
          ],
        },
        {
          ...{ title: "Server errors", unit: "percentunit" },
          queries: [
            { expr: `(${errors} or vector(0)) / ${perSecond(`${REQUESTS}_count`, { where: API })}`, legend: "5xx" },
          ],
        },
        {
          ...{ title: "Time to answer", unit: "s" },
          queries: [0.5, 0.95, 0.99].map((q) => ({
            expr: quantile(q, REQUESTS, { where: API }),
            legend: `p${q * 100}`,
          })),
        },
        {
          ...{ title: "Open requests and event streams", unit: "short" },
          queries: [
            { expr: 'sum(ursa_http_requests_in_flight{job="api"})', legend: "requests" },
            { expr: 'sum(ursa_sse_connections{job="api"})', legend: "event streams" },
          ],
        },
      ],
    },
    {
      question: "Is work being done?",
      panels: [
        {
          ...{ title: "Jobs that wait", unit: "short", isStacked: true },
          queries: [
            {
              expr: 'sum by (queue) (max by (queue, state) (ursa_queue_jobs{state=~"waiting|prioritized|delayed"}))',
              legend: "{{queue}}",
            },
          ],
        },
        {
          ...{ title: "Jobs completed", unit: "ops" },
          queries: [
            {
              expr: perSecond("ursa_jobs_total", { by: "queue", where: '{outcome="completed"}' }),
              legend: "{{queue}}",
            },
          ],
        },
        {
          ...{ title: "Longest wait", unit: "s" },
          queries: [{ expr: "max by (queue) (ursa_queue_oldest_waiting_age_seconds)", legend: "{{queue}}" }],
        },
      ],
    },
    {
      question: "Do Redis and the store keep up?",
      panels: [
        {
          ...{ title: "Redis memory", unit: "bytes" },
          queries: [
            { expr: "max(ursa_redis_memory_used_bytes)", legend: "used" },
            { expr: "max(ursa_redis_memory_max_bytes)", legend: "may use" },
          ],
        },
        {
          ...{ title: "Store: time of a request (p99)", unit: "s" },
          queries: [{ expr: quantile(0.99, "ursa_storage_request_duration_seconds", { by: "op" }), legend: "{{op}}" }],
        },
        {
          ...{ title: "Store: failures", unit: "ops" },
          queries: [{ expr: perSecond("ursa_storage_errors_total", { by: "job, code" }), legend: "{{job}} {{code}}" }],
        },
      ],
    },
    {
      question: "Have the processes room?",
      panels: [
        {
          ...{ title: "CPU (cores)", unit: "short" },
          queries: [{ expr: perSecond("process_cpu_seconds_total", { by: "job" }), legend: "{{job}}" }],
        },
        {
          ...{ title: "Memory, largest of each", unit: "bytes" },
          queries: [{ expr: "max by (job) (process_resident_memory_bytes)", legend: "{{job}}" }],
        },
        {
          ...{ title: "Event loop lag (p99)", unit: "s" },
          queries: [{ expr: "max by (job) (nodejs_eventloop_lag_p99_seconds)", legend: "{{job}}" }],
        },
      ],
    },
  ],
};
