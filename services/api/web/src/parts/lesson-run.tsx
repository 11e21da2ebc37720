import type { LessonStep } from "../lesson.ts";
import { hrefTo } from "../router.ts";
import { Meter } from "./meter.tsx";

/** How far the lesson is, until its model's own page takes over. */
export const LessonRun = ({ dataset, progress }: LessonStep) => (
  <section>
    <h2>The lesson</h2>
    {dataset === undefined ? (
      <div className="meter">
        <div>
          <span>Sending the pictures</span>
        </div>
        <progress aria-label="Sending the pictures" />
      </div>
    ) : (
      <Meter progress={progress} />
    )}
    <p>
      The pictures become {dataset ? <a href={hrefTo(`/datasets/${dataset}`)}>a dataset</a> : "a dataset"}, of which a
      fifth is kept back to measure the error by. Then a model is trained on it, and its page opens.
    </p>
  </section>
);

/** What to do after the lesson, on the page of its model. */
export const AfterLesson = ({ model, dataset }: { model: string; dataset: string }) => (
  <div className="note">
    <p>
      That was the lesson: the last layers of a network that knows pictures were trained to tell drawn bears apart. Its
      error is on few pictures, so its interval is wide. What next?
    </p>
    <p className="actions">
      <a className="button" href={hrefTo("/try", { model })}>
        Try it on a picture
      </a>
      <a className="button second" href={hrefTo(`/datasets/${dataset}/clean`)}>
        Clean its dataset
      </a>
      <a className="button second" href={hrefTo("/datasets/new")}>
        Take your own pictures
      </a>
    </p>
  </div>
);
