import type { Client } from "@ursa/contracts/client";
import type { ReactNode } from "react";
import { useAction } from "../use-answer.ts";
import { ErrorNote } from "./error-note.tsx";

type Props = { name: string; get(client: Client): Promise<Response>; children: ReactNode };

/** A link would send no key, so the file is fetched and then handed over. */
export function DownloadButton({ name, get, children }: Props) {
  const download = useAction(async (client) => {
    const address = URL.createObjectURL(await (await get(client)).blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    // The browser has taken it over by then.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
  return (
    <>
      <button type="button" className="plain" disabled={download.isRunning} onClick={() => download.run()}>
        {children}
      </button>
      {download.problem ? <ErrorNote problem={download.problem} /> : null}
    </>
  );
}
