// Where everything that is kept on this machine lies when nobody says: `.ursa` in the repository, from wherever Ursa is started.
// The launcher keeps its lock there and Redis is unpacked there, so that all of it is in one place.
import { fileURLToPath } from "node:url";

export const DEFAULT_HOME = fileURLToPath(new URL("../../.ursa", import.meta.url));
