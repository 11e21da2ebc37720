import { ok, startImageServer } from "@ursa/testing/image-server";
import { request } from "undici";
import { expect, test } from "vitest";

import { createAddressGuard } from "./address-guard.ts";
import { FetchFailure } from "./fetch-failure.ts";
import { createGuardedAgent } from "./guarded-agent.ts";
import { createNameResolver } from "./name-resolver.ts";

test("drops a connection whose peer is not the address that was checked", async () => {
  await using server = await startImageServer({ "/": ok(Buffer.from("secret")) });
  const checked: string[] = [];
  const guard = {
    ...createAddressGuard(),
    // As if something on the way had turned a public address into ours: the name passes, the peer does not.
    checkAddress(address: string) {
      checked.push(address);
      if (checked.length > 1) throw new FetchFailure("blocked_address", "refused");
    },
  };
  const dispatcher = createGuardedAgent({ guard, resolver: createNameResolver(), connectTimeoutMs: 1_000, perHost: 1 });
  const url = server.origin.replace("127.0.0.1", "localhost");
  await expect(request(url, { dispatcher })).rejects.toMatchObject({ outcome: "blocked_address" });
  await dispatcher.destroy();
  expect(checked).toEqual(["127.0.0.1", "127.0.0.1"]);
  expect(server.hits).toEqual([]);
});
