// Makes the bucket that URSA_STORE_URL names when it is not there: docker-compose.yml's `bucket-init`.
import { commonConfig, loadConfig } from "@ursa/service/config";
import { openStore } from "@ursa/store/open-store";
import { z } from "zod";

const { URSA_STORE_URL, URSA_STORE_ACCESS_KEY, URSA_STORE_SECRET_KEY } = loadConfig(z.object(commonConfig));
const url = new URL(URSA_STORE_URL);
url.searchParams.set("create", "true");
const store = await openStore(url.href, { accessKey: URSA_STORE_ACCESS_KEY, secretKey: URSA_STORE_SECRET_KEY });
await store.check();
await store.close();
console.log(`The bucket of ${URSA_STORE_URL} is there.`);
