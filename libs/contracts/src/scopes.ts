// What a key may do. Each scope stands for itself and for those listed beside it; nothing else defines this.
import { z } from "zod";

export const SCOPES = ["read", "write", "operate", "admin"] as const;
export const scopeSchema = z.enum(SCOPES);
export type Scope = z.infer<typeof scopeSchema>;

/**
 * What a route asks for; `public` asks for no key at all, `installation` for the installation's own: a backup holds all namespaces,
 * and who restores one could give itself any key.
 */
export type RouteScope = Scope | "public" | "installation";

/**
 * `read` looks and classifies, `write` also makes, cancels and deletes, `admin` also makes keys: all within one namespace.
 * `operate` sees the whole installation (its queues), which is why no other scope has it in it.
 */
const IMPLIED: Record<Scope, readonly Scope[]> = {
  read: ["read"],
  write: ["write", "read"],
  operate: ["operate", "read"],
  admin: ["admin", "write", "read"],
};

/** Whether a key with these scopes may do what needs `needed`. */
export const allows = (scopes: readonly Scope[], needed: Scope): boolean =>
  scopes.some((scope) => IMPLIED[scope].includes(needed));
