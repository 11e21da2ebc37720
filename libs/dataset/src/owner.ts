// Whose objects: a dataset or a prediction, by its namespace and id. A record is one.
export type Owner = { namespace: string; id: string };
