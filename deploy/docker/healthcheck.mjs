// What Docker asks of a container: is the service in it ready?
const answer = await fetch(`http://127.0.0.1:${process.env.URSA_PORT}/readyz`, { signal: AbortSignal.timeout(4000) });
if (!answer.ok) console.error(await answer.text());
process.exit(answer.ok ? 0 : 1);
