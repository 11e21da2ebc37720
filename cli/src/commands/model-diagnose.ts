// `ursa model diagnose`: what went wrong with a training run, and what to try.
import { Command } from "commander";
import { connect } from "../connect.ts";
import { describeDiagnosis } from "../describe-diagnosis.ts";
import { examples } from "../examples.ts";
import { number } from "../number.ts";

export const diagnoseCommand = () =>
  new Command("diagnose")
    .description("what went wrong with a training run, if anything, by what that shows, and what to try")
    .argument("<model>")
    .option(
      "--target-error <rate>",
      "the error rate to be content with, such as 0.02; above it there may be too little data",
      number,
    )
    .addHelpText(...examples("ursa model diagnose mdl_01J…", "ursa model diagnose mdl_01J… --target-error 0.02"))
    .action(async (id: string, { targetError }: { targetError?: number }, command: Command) => {
      const { client, print } = connect(command);
      const diagnosis = await client.call("getDiagnosis", { params: { id }, query: { targetError } });
      print.answer(diagnosis, describeDiagnosis(diagnosis));
    });
