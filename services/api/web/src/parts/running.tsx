import { hrefTo } from "../router.ts";
import type { Job } from "../unfinished-jobs.ts";
import { useRecord } from "../use-record.ts";
import { Empty } from "./empty.tsx";
import { Meter } from "./meter.tsx";
import { StateBadge } from "./state-badge.tsx";

/** A browser keeps six connections to a server, and each job that is followed takes one of them. */
const FOLLOWED = 4;

/** Jobs that have not ended, the first of them with their live progress. */
export function Running({ jobs }: { jobs: Job[] }) {
  return (
    <section>
      <h2>Under way</h2>
      {jobs.length === 0 ? <Empty>Nothing at the moment.</Empty> : null}
      <ul className="jobs">
        {jobs.map((job, at) => (
          <li key={job.record.id}>
            <a href={hrefTo(job.path)}>{job.record.name ?? job.record.id}</a>
            <span className="quiet">{job.kind}</span>
            {at < FOLLOWED ? <LiveMeter {...job} /> : <StateBadge state={job.record.state} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function LiveMeter({ kind, record }: Job) {
  const { value, live } = useRecord(kind, record.id);
  const asked = value && "progress" in value ? value.progress : undefined;
  return <Meter progress={live.progress ?? asked} isCompact />;
}
