import { hrefTo } from "../router.ts";
import type { Job } from "../unfinished-jobs.ts";
import { useRecord } from "../use-record.ts";
import { Empty } from "./empty.tsx";
import { Meter } from "./meter.tsx";

/** Jobs that have not ended, each with its live progress. */
export function Running({ jobs }: { jobs: Job[] }) {
  return (
    <section>
      <h2>Under way</h2>
      {jobs.length === 0 ? <Empty>Nothing at the moment.</Empty> : null}
      <ul className="jobs">
        {jobs.map((job) => (
          <RunningJob key={job.record.id} {...job} />
        ))}
      </ul>
    </section>
  );
}

function RunningJob({ kind, record, path }: Job) {
  const { live } = useRecord(kind, record.id);
  return (
    <li>
      <a href={hrefTo(path)}>{record.name ?? record.id}</a>
      <span className="quiet">{kind}</span>
      <Meter progress={live.progress ?? record.progress} isCompact />
    </li>
  );
}
