import type { Changes, FormField } from "../recipe-form.ts";
import { written } from "../recipe-form.ts";
import { Field } from "./field.tsx";

type Props = {
  fields: readonly FormField[];
  changes: Changes;
  /** By path: what the API said of a value. */
  faults: ReadonlyMap<string, string>;
  onChange(path: string, value: Changes[string]): void;
};

export const RecipeFields = ({ fields, ...rest }: Props) => (
  <div className="fields">
    {fields.map((field) => (
      <OneField key={field.path} field={field} {...rest} />
    ))}
  </div>
);

type OneProps = Omit<Props, "fields"> & { field: FormField };

function OneField({ field, changes, faults, onChange }: OneProps) {
  const { path, label, help, control } = field;
  const id = `recipe-${path}`;
  const fault = faults.get(path);
  const change = (value: Changes[string]) => onChange(path, value);
  if (control.kind === "several")
    return <Several field={field} value={changes[path]} fault={fault} onChange={change} />;
  if (control.kind === "switch")
    return (
      <div className="field switch">
        <input
          id={id}
          type="checkbox"
          checked={Boolean(changes[path] ?? field.standard)}
          onChange={({ target }) => change(target.checked)}
        />
        <label htmlFor={id}>{label}</label>
        <p className="quiet">{help}</p>
      </div>
    );
  return (
    <Field id={id} label={label} help={help} fault={fault}>
      <Typed id={id} field={field} value={changes[path]} onChange={change} />
    </Field>
  );
}

type ControlProps = { field: FormField; value: Changes[string] | undefined; onChange(value: Changes[string]): void };

function Typed({ id, field: { control, standard }, value, onChange }: ControlProps & { id: string }) {
  const text = typeof value === "string" ? value : "";
  if (control.kind === "choice")
    return (
      <select id={id} value={text || written(standard)} onChange={({ target }) => onChange(target.value)}>
        {control.options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    );
  // A text field, because `auto` and 3e-3 are typed too; the empty one shows what stands when nothing is typed.
  return (
    <input
      id={id}
      inputMode={control.kind === "number" && !control.orWord ? "decimal" : "text"}
      autoComplete="off"
      placeholder={written(standard) || "not set"}
      value={text}
      onChange={({ target }) => onChange(target.value)}
    />
  );
}

function Several({ field, value, fault, onChange }: ControlProps & { fault: string | undefined }) {
  const { path, label, help, control, standard } = field;
  if (control.kind !== "several") return null;
  const chosen = Array.isArray(value) ? value : Array.isArray(standard) ? standard.map(String) : [];
  const toggle = (option: string, isOn: boolean) =>
    // In the order in which they are done.
    onChange(control.options.filter((one) => (one === option ? isOn : chosen.includes(one))));
  return (
    <fieldset className={fault ? "field faulty" : "field"}>
      <legend>{label}</legend>
      {control.options.map((option) => (
        <label key={option} className="inline">
          <input
            type="checkbox"
            name={path}
            checked={chosen.includes(option)}
            onChange={({ target }) => toggle(option, target.checked)}
          />
          {option}
        </label>
      ))}
      {fault ? <p className="fault-text">{fault}</p> : null}
      <p className="quiet">{help}</p>
    </fieldset>
  );
}
