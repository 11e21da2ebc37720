// What the commands of every kind of job have: cancel it, delete it.
import { Command } from "commander";
import { connect } from "./connect.ts";
import { examples } from "./examples.ts";

const ROUTES = {
  prediction: { example: "prd_01J…", cancel: "cancelPrediction", remove: "deletePrediction" },
  evaluation: { example: "evl_01J…", cancel: "cancelEvaluation", remove: "deleteEvaluation" },
  inspection: { example: "ins_01J…", cancel: "cancelInspection", remove: "deleteInspection" },
  regression: { example: "reg_01J…", cancel: "cancelRegression", remove: "deleteRegression" },
  sweep: { example: "swp_01J…", cancel: "cancelSweep", remove: "deleteSweep" },
} as const;
type Kind = keyof typeof ROUTES;

const article = {
  prediction: "a",
  evaluation: "an",
  inspection: "an",
  regression: "a",
  sweep: "a",
} as const satisfies Record<Kind, string>;
const goesToo = {
  prediction: "its results",
  evaluation: "its results",
  inspection: "its results",
  regression: "its steps",
  sweep: "those of its models that no alias names and nothing uses",
} as const satisfies Record<Kind, string>;

export const cancelCommand = (kind: Kind) =>
  new Command("cancel")
    .description(`cancel ${article[kind]} ${kind}`)
    .argument(`<${kind}>`)
    .addHelpText(...examples(`ursa ${kind} cancel ${ROUTES[kind].example}`))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      const record = await client.call(ROUTES[kind].cancel, { params: { id } });
      print.answer(record, `${id} ${record.state}`);
    });

export const deleteCommand = (kind: Kind) =>
  new Command("delete")
    .description(`delete ${article[kind]} ${kind} that has ended, and ${goesToo[kind]}`)
    .argument(`<${kind}>`)
    .addHelpText(...examples(`ursa ${kind} delete ${ROUTES[kind].example}`))
    .action(async (id: string, _options, command: Command) => {
      const { client, print } = connect(command);
      await client.call(ROUTES[kind].remove, { params: { id } });
      print.answer({ deleted: id }, `${id} deleted`);
    });
