import assert from "node:assert/strict";
import { headerOf, headerValues, parameterOf } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("a call rings, is answered, and is hung up by the caller", async ({ lb, phone, destination }) => {
  const server = destination.rings();
  await lb.dispatches(1, "round-robin", [server]);
  const dialled = phone.dials("sip:bob@example.com", { body: "v=0\r\n", headers: [{ name: "X-Own", value: "kept" }] });
  const callee = await server.call();
  await phone.hears("180", (message) => message.status === 180);
  const isAcked = callee.answer({ body: "answer" });
  const call = await phone.finished(dialled);
  assert.equal(call.status, 200);
  assert.equal(await isAcked, true);
  assert.equal(await call.bye(), 200);
  assert.deepEqual(
    server.heard().map((request) => request.method),
    ["INVITE", "ACK", "BYE"],
  );
  assert.deepEqual(
    call.statuses.filter((status) => status !== 100),
    [180, 200],
  );

  const invite = server.requests("INVITE")[0]!;
  assert.equal(invite.uri, "sip:bob@example.com");
  assert.equal(headerOf(invite, "max-forwards"), "69");
  assert.equal(headerOf(invite, "x-own"), "kept");
  assert.equal(invite.body.toString(), "v=0\r\n");
  assert.equal(headerValues(invite, "via").length, 2);
  assert.notEqual(parameterOf(headerOf(invite, "record-route").slice(1, -1), "lr"), null);
  assert.ok(
    server.datagrams.every(({ peer }) => peer.port === lb.address.port),
    "nobody spoke past the balancer",
  );
  const answer = call.responses.find((response) => response.status === 200)!;
  assert.equal(headerValues(answer, "via").length, 1);
  assert.equal(answer.body.toString(), "answer");
  await until("the call to be over", async () => (await lb.metric("destination_active_calls")) === 0);
});
