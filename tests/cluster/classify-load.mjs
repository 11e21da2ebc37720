// Runs in the pod `client`: classifies one picture over and over, four at a time, through the API's Service, until a file `stop`
// appears. Prints how many were asked and what else than 200 came.
import { existsSync, readFileSync, rmSync } from "node:fs";

const picture = readFileSync("/tmp/brought/picture.jpg");
const key = readFileSync(process.env.URSA_KEY_FILE, "utf8").trim();
const stop = "/tmp/brought/stop";
rmSync(stop, { force: true });
const seen = { asked: 0, failures: [] };

async function keepAsking() {
  while (!existsSync(stop)) {
    seen.asked += 1;
    try {
      const answer = await fetch("http://api:8080/v1/classify", {
        method: "POST",
        headers: { "content-type": "image/jpeg", authorization: `Bearer ${key}` },
        body: picture,
      });
      const text = await answer.text();
      if (answer.status !== 200) seen.failures.push(`${answer.status} ${text}`);
    } catch (error) {
      seen.failures.push(String(error.cause ?? error));
    }
  }
}

await Promise.all([keepAsking(), keepAsking(), keepAsking(), keepAsking()]);
console.log(JSON.stringify(seen));
