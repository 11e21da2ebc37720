import { LESSON, MAX_DEGREE } from "@ursa/contracts/regression";
import type { Knobs, PointsChoice } from "./descent-settings.ts";
import { LESSON_KNOBS, PRESETS, short } from "./descent-settings.ts";
import { Field } from "./field.tsx";

type Props = { knobs: Knobs; learningRate: number | undefined; onChange(knobs: Knobs): void };

/** Rates span decades, so their slider goes by the exponent. */
const EXPONENT = { min: -3, max: 0.6, step: 0.05 };
const MOST_BATCH = 100;

type NumberKnob = {
  id: "steps" | "slope" | "intercept" | "degree";
  label: string;
  range: { min: number; max: number; step: number };
  set(value: number): Partial<Knobs>;
};
const NUMBERS: NumberKnob[] = [
  { id: "steps", label: "Steps", range: { min: 10, max: 1000, step: 10 }, set: (steps) => ({ steps }) },
  { id: "slope", label: "Start: slope", range: { min: -6, max: 6, step: 0.5 }, set: (slope) => ({ slope }) },
  {
    id: "intercept",
    label: "Start: intercept",
    range: { min: -6, max: 6, step: 0.5 },
    set: (intercept) => ({ intercept }),
  },
  { id: "degree", label: "Degree", range: { min: 1, max: MAX_DEGREE, step: 1 }, set: (degree) => ({ degree }) },
];

export function DescentKnobs({ knobs, learningRate, onChange }: Props) {
  const change = (more: Partial<Knobs>) => onChange({ ...knobs, ...more });
  const { batchSize } = knobs;
  return (
    <form className="knobs" onSubmit={(event) => event.preventDefault()}>
      <PointsKnob knobs={knobs} onChange={change} />
      <RateKnob rate={knobs.rate} learningRate={learningRate} onChange={(rate) => change({ rate })} />
      <Slider
        {...{ id: "batch", label: "Points in a step", min: 1, max: MOST_BATCH, step: 1 }}
        says={batchSize === "all" ? "all" : `all, and beside it ${batchSize}`}
        value={batchSize === "all" ? MOST_BATCH : batchSize}
        onChange={(value) => change({ batchSize: value === MOST_BATCH ? "all" : value })}
      />
      {NUMBERS.map(({ id, label, range, set }) => (
        <Slider
          key={id}
          {...{ id, label, ...range }}
          says={id === "degree" && knobs.degree === 1 ? "1, a line" : short(knobs[id])}
          value={knobs[id]}
          onChange={(value) => change(set(value))}
        />
      ))}
      <button type="button" className="plain" onClick={() => onChange(LESSON_KNOBS)}>
        As in the lesson
      </button>
    </form>
  );
}

type RateProps = Pick<Knobs, "rate"> & { learningRate: number | undefined; onChange(rate: Knobs["rate"]): void };

/** Of a preset the slider shows the rate that the points gave. */
function RateKnob({ rate, learningRate = LESSON.learningRate, onChange }: RateProps) {
  const shown = typeof rate === "number" ? rate : learningRate;
  return (
    <>
      <Slider
        {...{ id: "rate", label: "Learning rate", says: short(shown), ...EXPONENT }}
        value={Math.log10(shown)}
        onChange={(exponent) => onChange(Number((10 ** exponent).toPrecision(3)))}
      />
      <fieldset className="field">
        <legend className="quiet">or a rate chosen by the points</legend>
        {PRESETS.map((preset) => (
          <button
            key={preset}
            type="button"
            className="second"
            aria-pressed={rate === preset}
            onClick={() => onChange(preset)}
          >
            {preset.replace("-", " ")}
          </button>
        ))}
      </fieldset>
    </>
  );
}

const CHOICES: Record<PointsChoice, string> = {
  lesson: "the lesson’s, about a line",
  curve: "20, about a curve",
  own: "my own",
};

function PointsKnob({ knobs: { points, csv }, onChange }: { knobs: Knobs; onChange(more: Partial<Knobs>): void }) {
  return (
    <>
      <Field id="points" label="Points">
        <select
          id="points"
          value={points}
          // The select has no other values.
          onChange={({ target }) => onChange({ points: target.value as PointsChoice })}
        >
          {Object.entries(CHOICES).map(([value, says]) => (
            <option key={value} value={value}>
              {says}
            </option>
          ))}
        </select>
      </Field>
      {points === "own" ? (
        <Field
          id="csv"
          label="A line of x and y each"
          help="x is mapped to −1 … 1, and a fifth of the points is held out."
        >
          <textarea
            id="csv"
            rows={5}
            placeholder={"1950, 3.1\n1951, 2.9"}
            value={csv}
            onChange={({ target }) => onChange({ csv: target.value })}
          />
        </Field>
      ) : null}
    </>
  );
}

type SliderProps = {
  id: string;
  label: string;
  says: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange(value: number): void;
};

const Slider = ({ id, label, says, onChange, ...range }: SliderProps) => (
  <div className="field slider">
    <label htmlFor={id}>{label}</label>
    <output htmlFor={id}>{says}</output>
    <input
      id={id}
      type="range"
      aria-valuetext={says}
      {...range}
      onChange={({ target }) => onChange(Number(target.value))}
    />
  </div>
);
