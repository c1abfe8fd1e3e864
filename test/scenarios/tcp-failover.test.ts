// What a connection that cannot be made, or breaks, does to calls.
import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const TCP = { transport: "tcp" } as const;
/** So long that no timer can be what moved a call. */
const PATIENT = { failover: { answer_within: "30s" }, passive: { failures: 0 } };

scenario("a destination that refuses the connection is left at once", async ({ lb, phone, destination }) => {
  const [closed, alive] = [destination(answering(200), TCP), destination(answering(200), TCP)];
  await lb.dispatches(1, "priority", [closed, alive], PATIENT, lb.bothTransports);
  await closed.close();
  for (const transport of ["udp", "tcp"] as const) {
    const caller = await phone.another({ transport });
    const begin = performance.now();
    const call = await caller.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.ok(performance.now() - begin < 10_000, "the refusal told, no timer did");
    assert.equal(await call.bye(), 200);
  }
  assert.equal(await lb.metric("failovers_total", { reason: "transport_error" }), 2);
  assert.equal(await lb.metric("destination_transport_errors_total", { destination: closed.uri }), 2);
});

scenario("a connection that breaks before the answer moves the call to the next destination", async (stage) => {
  const { lb, phone, destination } = stage;
  const breaking = destination((_transaction, { agent }) => agent.streams.breakConnections(), TCP);
  const alive = destination(answering(200), TCP);
  await lb.dispatches(1, "priority", [breaking, alive], PATIENT, lb.bothTransports);
  const caller = await phone.another(TCP);
  const begin = performance.now();
  const call = await caller.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  assert.ok(performance.now() - begin < 10_000, "the loss told, no timer did");
  assert.equal(breaking.requests("INVITE").length, 1);
  assert.equal(await call.bye(), 200);
});

scenario("without anybody else, a refused connection is told to the caller", async ({ lb, phone, destination }) => {
  const closed = destination(answering(200), TCP);
  await lb.dispatches(1, "priority", [closed], PATIENT, lb.bothTransports);
  await closed.close();
  assert.equal((await phone.invites("sip:bob@example.com")).status, 500);
});

scenario("without transactions, a refused connection is as a 503 to the caller", async ({ lb, phone, destination }) => {
  const closed = destination(answering(200), TCP);
  const stateless = { ...lb.bothTransports, forwarding: "stateless" };
  await lb.dispatches(1, "hash-call-id", [closed], { probe: false, passive: { failures: 0 } }, stateless);
  await closed.close();
  for (const transport of ["udp", "tcp"] as const) {
    const caller = await phone.another({ transport });
    const begin = performance.now();
    assert.equal((await caller.invites("sip:bob@example.com")).status, 503);
    assert.equal(await caller.requests("OPTIONS", "sip:bob@example.com"), 503);
    assert.ok(performance.now() - begin < 10_000, "the refusal told, no timer did");
  }
  assert.equal(await lb.metric("dropped_total", { reason: "unmatched_ack" }), 0);
});

scenario("a call whose connections break goes on over new ones, from both ends", async (stage) => {
  const { lb, destination } = stage;
  const callee = destination(answering(200), TCP);
  await lb.dispatches(1, "priority", [callee], {}, lb.bothTransports);
  const phone = await stage.phone.another(TCP);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  await callee.hears("ACK");
  const breakAll = async (): Promise<void> => {
    phone.agent.streams.breakConnections();
    callee.agent.streams.breakConnections();
    await lb.untilMetric("stream_connections", 0);
  };
  await breakAll();
  assert.equal(await call.reinvite(), 200);
  await callee.hears("ACK", 2);
  await breakAll();
  const session = (await callee.call()).session;
  assert.equal((await session.request("INFO"))?.status, 200);
  await breakAll();
  assert.equal((await session.bye())?.status, 200);
});

scenario("an answer whose connection is gone reaches the caller at the port of its Via", async (stage) => {
  const { lb, destination } = stage;
  const callee = destination.rings();
  await lb.dispatches(1, "priority", [callee], {}, lb.bothTransports);
  const phone = await stage.phone.another(TCP);
  const outgoing = phone.dials("sip:bob@example.com");
  const incoming = await callee.call();
  await until("ringing at the phone", () => outgoing.statuses.includes(180));
  phone.agent.streams.breakConnections();
  await lb.untilMetric("stream_connections", 0);
  void incoming.answer();
  const call = await phone.finished(outgoing);
  assert.equal(call.status, 200);
  assert.equal(phone.agent.streams.accepted, 1);
  assert.equal(await call.bye(), 200);
});

scenario("probes go over TCP, and a destination without a connection goes down and comes back", async (stage) => {
  const { lb, destination } = stage;
  const probed = destination(answering(200), TCP);
  const probe = { every: "1s", timeout: "500ms", down_after: 2, up_after: 1 };
  await lb.dispatches(1, "priority", [{ to: probed, name: "one" }], { probe }, lb.bothTransports);
  await probed.hears("OPTIONS", 2);
  assert.match(probed.requests("OPTIONS")[0]!.raw.toString("latin1"), /Via: SIP\/2\.0\/TCP /);
  assert.equal(probed.agent.streams.accepted, 1, "one connection serves all of them");
  const isUp = async (): Promise<number> => lb.metric("destination_up", { destination: "one" });
  assert.equal(await isUp(), 1);
  await probed.close();
  await until("it to be down", async () => (await isUp()) === 0);
  await probed.reopen();
  await until("it to be up", async () => (await isUp()) === 1);
});
