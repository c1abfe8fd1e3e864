// How much a stranger may send: the same for one socket and for many, over UDP and over TCP, whichever worker hears it.
import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { formatPeer } from "../../src/ua/transport.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

/** One in 100 seconds, and ten at once: nothing comes back while a test runs. */
const TEN = { requests_per_second: 0.01, burst: 10 };
/** Each copy of what is refused would be refused, and counted, anew. */
const PATIENT = { t1: 5000, t2: 5000, t4: 5000 };

scenario("a source has one budget for all its ports, over UDP and TCP, whichever worker hears it", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const config = { rate_limits: { per_source: TEN }, ...lb.bothTransports };
  await lb.dispatches(1, "round-robin", [server], {}, config);
  const phones = await Promise.all(Array.from({ length: 8 }, () => phone.another({ timers: PATIENT })));
  const statuses: number[] = [];
  for (let round = 0; round < 2; round++)
    statuses.push(...(await Promise.all(phones.map((one) => one.requests("OPTIONS", "sip:bob@example.com")))));
  assert.deepEqual([statuses.filter((s) => s === 200).length, statuses.filter((s) => s === 503).length], [10, 6]);
  const [refusal] = phones.flatMap((one) => one.received().filter(({ status }) => status === 503));
  assert.match(headerOf(refusal!, "retry-after"), /^([5-9]|1[0-5])$/);
  const overTcp = await phone.another({ transport: "tcp", timers: PATIENT });
  assert.equal(await overTcp.requests("OPTIONS", "sip:bob@example.com"), 503);
  const elsewhere = await phone.another({ address: "127.0.0.9" });
  assert.equal(await elsewhere.requests("OPTIONS", "sip:bob@example.com"), 200);
  // Repetitions of a busy machine aside.
  assert.equal(new Set(server.requests("OPTIONS").map((request) => headerOf(request, "call-id"))).size, 11);
  assert.equal(await lb.metric("rejected_total", { reason: "rate_source" }), 7);
});

scenario("limits come with a reload and go with one; who is named in the configuration has none", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const options = (): Promise<number> => phone.requests("OPTIONS", "sip:bob@example.com");
  const call = await (async () => {
    await lb.dispatches(1, "round-robin", [server]);
    return phone.invites("sip:bob@example.com");
  })();
  const limits = { per_source: { ...TEN, burst: 1 }, action: "reject" };
  await lb.dispatches(1, "round-robin", [server], {}, { rate_limits: limits });
  assert.deepEqual([await options(), await options()], [200, 503]);
  // A call that was taken goes on.
  assert.equal(await call.reinvite(), 200);
  const named = [
    { trusted: ["127.0.0.0/24"] },
    { rate_limits: { ...limits, allow: ["127.0.0.1"] } },
    { listeners: [{ uri: `udp://${formatPeer(lb.address)}`, allow: ["127.0.0.1"] }] },
  ];
  for (const one of named) {
    await lb.dispatches(1, "round-robin", [server], {}, { rate_limits: limits, ...one });
    assert.deepEqual([await options(), await options(), await options()], [200, 200, 200]);
  }
  await lb.dispatches(1, "round-robin", [server], {}, { rate_limits: { ...limits, action: "drop" } });
  void phone.agent.request("OPTIONS", "sip:bob@example.com");
  await until("it to be dropped", async () => (await lb.metric("dropped_total", { reason: "rate_source" })) > 0);
  await lb.dispatches(1, "round-robin", [server]);
  assert.deepEqual([await options(), await options()], [200, 200]);
  assert.equal(await call.bye(), 200);
});
