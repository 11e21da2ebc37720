import type { ReactNode } from "react";

type Props = { id: string; label: string; help?: string | undefined; fault?: string | undefined; children: ReactNode };

/** A label, the control with the same id, and plain help below it. */
export const Field = ({ id, label, help, fault, children }: Props) => (
  <div className={fault ? "field faulty" : "field"}>
    <label htmlFor={id}>{label}</label>
    {children}
    {fault ? <p className="fault-text">{fault}</p> : null}
    {help ? <p className="quiet">{help}</p> : null}
  </div>
);
