import assert from "node:assert/strict";
import { tagOf } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("a destination that forks may answer twice; both dialogs work", async ({ lb, phone, destination }) => {
  const server = destination((transaction, { agent }) => {
    if (transaction.request.method !== "INVITE") return void transaction.respond(200);
    for (const toTag of ["left", "right"]) transaction.respond(200, { toTag, contact: agent.contact });
  });
  await lb.dispatches(1, "round-robin", [server]);
  const { call } = await phone.invites("sip:bob@example.com");
  await until("both answers", () => call.sessions.size === 2);
  await server.hears("ACK", 2);
  assert.deepEqual(
    server
      .requests("ACK")
      .map((ack) => tagOf(ack, "to"))
      .sort(),
    ["left", "right"],
  );
  for (const session of call.sessions.values()) assert.equal((await session.bye())?.status, 200);
  assert.equal(server.heard("BYE").length, 2);
});
