// The processor as people know it.
import { availableParallelism, cpus } from "node:os";

export const describeCpu = (): string => `${cpus()[0]?.model.trim() || process.arch}, ${availableParallelism()} cores`;
