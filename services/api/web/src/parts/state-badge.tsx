import type { RecordState } from "@ursa/contracts/record";

export const StateBadge = ({ state }: { state: RecordState }) => <span className={`badge ${state}`}>{state}</span>;
