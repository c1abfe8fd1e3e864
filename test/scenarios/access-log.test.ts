import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("one log line per finished transaction, when asked for", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches("media", "round-robin", [server], {}, { log: { format: "json", access: true } });
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(await call.bye(), 200);
  const lines = () =>
    lb.process?.log.flatMap(({ record }) => (record.msg === "transaction" ? [record.access] : [])) ?? [];
  await until("two lines", () => lines().length === 2);
  const shown = lines().map((line) => {
    const { method, code, set, dst } = line as Record<string, unknown>;
    return { method, code, set, dst };
  });
  const dst = server.uri.replace("sip:", "");
  assert.deepEqual(shown, [
    { method: "INVITE", code: 200, set: "media", dst },
    { method: "BYE", code: 200, set: null, dst },
  ]);
});
