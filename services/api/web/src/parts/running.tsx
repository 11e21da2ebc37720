import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import { hrefTo } from "../router.ts";
import { useRecord } from "../use-record.ts";
import { Empty } from "./empty.tsx";
import { Meter } from "./meter.tsx";

type Job = Dataset | Model | Prediction;

const KINDS = { ds: "dataset", mdl: "model", prd: "prediction" } as const;
const PATHS = { dataset: "/datasets", model: "/models", prediction: "/predictions" } as const;

/** Jobs that have not ended, each with its live progress. */
export function Running({ records }: { records: Job[] }) {
  return (
    <section>
      <h2>Under way</h2>
      {records.length === 0 ? <Empty>Nothing at the moment.</Empty> : null}
      <ul className="jobs">
        {records.map((record) => (
          <RunningJob key={record.id} record={record} />
        ))}
      </ul>
    </section>
  );
}

function RunningJob({ record }: { record: Job }) {
  // An id begins with the prefix of its kind.
  const kind = KINDS[record.id.split("_", 1)[0] as keyof typeof KINDS];
  const { live } = useRecord(kind, record.id);
  return (
    <li>
      <a href={hrefTo(`${PATHS[kind]}/${record.id}`)}>{record.name ?? record.id}</a>
      <span className="quiet">{kind}</span>
      <Meter progress={live.progress ?? record.progress} isCompact />
    </li>
  );
}
