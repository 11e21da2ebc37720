// `ursa status`: is everything there, and what is going on.
import { Command } from "commander";
import { connect } from "../connect.ts";
import { table } from "../print.ts";

export function statusCommand(): Command {
  return new Command("status")
    .description("is everything there, and what is going on")
    .action(async (_options, command: Command) => {
      const { client, print } = connect(command);
      const recent = { query: { limit: 5 } };
      const [ready, datasets, models, predictions, aliases] = await Promise.all([
        client.call("readyz", {}),
        client.call("listDatasets", recent),
        client.call("listModels", recent),
        client.call("listPredictions", recent),
        client.call("listAliases", {}),
      ]);
      const records = [...datasets.items, ...models.items, ...predictions.items];
      const checks = Object.entries(ready.checks).map(([name, state]) => `${name} ${state}`);
      const rows = records.map((each) => [each.id, each.state, each.createdAt, each.error?.message ?? each.name ?? ""]);
      const named = aliases.items.map((alias) => `${alias.name} is ${alias.model}${alias.default ? " (default)" : ""}`);
      const text = [
        `API ${ready.status} (${checks.join(", ")})`,
        ...named,
        "",
        table(["id", "state", "made", ""], rows),
      ].join("\n");
      print.answer(
        {
          ready,
          datasets: datasets.items,
          models: models.items,
          predictions: predictions.items,
          aliases: aliases.items,
        },
        text,
      );
    });
}
