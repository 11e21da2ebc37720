import { defineConfig } from "vitest/config";

// One project per tier: the suffix of a test file says what it needs.
// unit = nothing but this process; integration = real Redis, servers, child processes; system = the whole of Ursa, or minutes of training.
const tier = (name: string, include: string[], exclude: string[], testTimeout: number) => ({
  test: {
    name,
    include,
    exclude: ["**/node_modules/**", ...exclude],
    testTimeout,
    hookTimeout: testTimeout,
    // A second, vitest's own, is too little for a page on two busy cores.
    expect: { poll: { timeout: 10_000 } },
    pool: "forks" as const,
  },
});

export default defineConfig({
  test: {
    projects: [
      tier(
        "unit",
        ["{libs,services,cli,tools,examples,bench}/**/*.test.ts", "tests/*.test.ts", "tests/chaos/*.test.ts"],
        ["**/*.integration.test.ts", "**/*.system.test.ts"],
        30_000,
      ),
      tier("integration", ["{libs,services,cli,tools}/**/*.integration.test.ts"], [], 120_000),
      tier("system", ["tests/system/**/*.test.ts", "{libs,services}/**/*.system.test.ts"], [], 600_000),
      // A real Kubernetes. Where it has to be built first, that alone takes a quarter of an hour.
      tier("cluster", ["tests/cluster/**/*.test.ts"], [], 1_800_000),
    ],
  },
});
