// What the caller's namespace has used of its quotas.
import { json, route } from "../route.ts";
import { usageSchema } from "../usage.ts";

export const usageRoutes = {
  getUsage: route({
    method: "GET",
    path: "/v1/usage",
    scope: "read",
    tag: "Usage",
    summary: "What your namespace may use and has used",
    description:
      "One entry for each quota, with its limit where it has one. `requests-per-minute` is that of the key you send.",
    answer: json(usageSchema),
    problems: ["queue_unavailable"],
  }),
} as const;
