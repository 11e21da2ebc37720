import type { ReactNode } from "react";

/** Nothing there yet, and how there comes to be something. */
export const Empty = ({ children }: { children: ReactNode }) => <div className="empty">{children}</div>;
