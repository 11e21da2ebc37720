import { STATES } from "@ursa/contracts/record";
import { expect, test } from "vitest";
import { startWorld } from "./api-world.fixture.ts";
import { EPOCH, seedDataset, seedModel, seedPrediction, seedSweep } from "./seed-records.fixture.ts";

const HOSTILE = `<script>alert("it's")</script>&amp;`;
const ESCAPED = "&lt;script&gt;alert(&quot;it&#39;s&quot;)&lt;/script&gt;&amp;amp;";

test("the status page of an empty Ursa says so, and does not refresh itself", async () => {
  await using world = await startWorld();
  const page = await (await world.client.call("statusPage", {})).text();
  expect(page.match(/none yet/g)).toHaveLength(8);
  expect(page).not.toContain("http-equiv");
  expect(page).not.toContain("<form");
  expect(page).toContain("<td>assemble</td>");
  expect(page).toContain('href="/operations/queues"');
});

test("the status page shows every state, escapes what people wrote, and offers to try the default model", async () => {
  await using world = await startWorld();
  const error = { code: "worker_failed", message: HOSTILE } as const;
  for (const state of STATES) {
    await seedDataset(world, { state, name: HOSTILE, classes: [HOSTILE, "teddy"], error });
    await seedPrediction(world, { state });
  }
  const many = Array.from({ length: 40 }, (_, n) => `class ${n}`);
  const model = await seedModel(world, { name: HOSTILE, epochs: [EPOCH] });
  await seedDataset(world, { classes: many });
  await world.aliases.put("default", "bears@production", { model: model.id });
  const sweep = await seedSweep(world, { name: HOSTILE });
  const response = await world.client.call("statusPage", {});
  const page = await response.text();
  for (const state of STATES) expect(page).toContain(`class="${state}"`);
  expect(page).not.toContain("<script");
  expect(page).not.toContain(HOSTILE);
  expect(page).toContain(`<td>${ESCAPED}</td>`);
  expect(page).toContain(`title="${ESCAPED}"`);
  expect(page).toContain(`<td>${ESCAPED}, teddy</td>`);
  expect(page).toContain("class 5, 34 more");
  expect(page).toContain("25.0 % (1 of 4)");
  expect(page).toContain(`<a href="/v1/models/${model.id}">`);
  expect(page).toContain(`<a href="/v1/sweeps/${sweep.id}">`);
  expect(page).toMatch(/<form method="post" action="\/v1\/classify"[^>]*><input type="file" name="file"/);
  expect(page).toContain('<meta http-equiv="refresh"');
  expect(response.headers.get("content-security-policy")).toContain("form-action 'self'");
});
