import type { Artifact, Model } from "@ursa/contracts/model";
import { bytes } from "../wording.ts";
import { DownloadButton } from "./download-button.tsx";
import { type Column, Table } from "./table.tsx";

/** The model's files, each with the checksum to hold a copy against. */
export function ArtifactTable({ model: { id, artifacts } }: { model: Model }) {
  const columns: Column<Artifact>[] = [
    { name: "stage", cell: ({ stage }) => stage.replace("-", " ") },
    {
      name: "file",
      cell: ({ stage, name }) => (
        <DownloadButton
          name={`${id}-${stage}-${name}`}
          get={(client) => client.call("getArtifact", { params: { id, stage, name } })}
        >
          {name}
        </DownloadButton>
      ),
    },
    { name: "size", isNumber: true, cell: (file) => bytes(file.bytes) },
    { name: "SHA-256", cell: ({ sha256 }) => <code>{sha256}</code> },
  ];
  return (
    <section>
      <h2>Files</h2>
      <Table label="Files" rows={artifacts} keyOf={({ stage, name }) => `${stage} ${name}`} columns={columns} />
    </section>
  );
}
