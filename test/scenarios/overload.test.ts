// What is more than configured, and what destinations say of their own load.
import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("more new calls than configured get 503 with Retry-After, and calls that were taken go on", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const overload = { max_new_calls_per_second: 1, burst: "10s", max_answers_per_second: 1000, retry_after: "20s" };
  await lb.dispatches(1, "round-robin", [server], {}, { overload });
  // At once, and each once: a machine that takes its time for them would make them fewer a second, and copies more.
  const caller = await phone.another({ timers: { t1: 10_000, t2: 10_000, t4: 10_000 } });
  const calls = await Promise.all(Array.from({ length: 12 }, () => caller.invites("sip:bob@example.com")));
  const taken = calls.filter(({ status }) => status === 200);
  const refused = calls.filter(({ status }) => status === 503);
  // Ten at once, of which seven for strangers, and one more in each second that a busy machine takes for them.
  assert.ok(taken.length >= 7 && taken.length < 12, `${taken.length} taken`);
  assert.equal(taken.length + refused.length, 12);
  for (const call of refused) {
    const seconds = Number(headerOf(call.responses.at(-1)!, "retry-after"));
    assert.ok(seconds >= 10 && seconds <= 30, `Retry-After ${seconds}`);
  }
  for (const call of taken) {
    assert.equal(await call.reinvite(), 200);
    assert.equal(await call.bye(), 200);
  }
  assert.equal(server.calls.length, taken.length);
  assert.equal(await lb.metric("rejected_total", { reason: "overload" }), refused.length);
  await lb.dispatches(1, "round-robin", [server], {}, { overload: { max_new_calls_per_second: 0 } });
  for (let i = 0; i < 12; i++) assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
});

scenario("a destination's Retry-After is heeded, shown with its reason, and over when it is over", async (stage) => {
  const { lb, phone, destination } = stage;
  const isWeary = { headers: [{ name: "Retry-After", value: "600" }] };
  const [weary, brief, other] = [
    destination.answers(503, isWeary),
    destination.answers(503, isWeary),
    destination.answers(200),
  ];
  await lb.dispatches(1, "priority", [{ to: weary, priority: 2, name: "weary" }, other], {
    failover: { retry_after_cap: "10m" },
  });
  for (let i = 0; i < 4; i++) {
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.equal(await call.bye(), 200);
  }
  assert.equal(weary.heard("INVITE").length, 1);
  const shown = async () => JSON.parse((await lb.admin("GET", "/destinations")).body) as Shown[];
  const resting = (await shown()).find(({ name }) => name === "weary")!;
  assert.deepEqual([resting.state, resting.usable], ["resting", false]);
  assert.match(resting.reason, /503 with Retry-After/);
  assert.equal(await lb.metric("destination_up", { destination: "weary" }), 0);
  assert.equal(await lb.metric("destination_rests_total", { destination: "weary" }), 1);
  await lb.dispatches(1, "priority", [{ to: brief, priority: 2, name: "brief" }, other], {
    failover: { retry_after_cap: "1s" },
  });
  const rests = () => lb.metric("destination_rests_total", { destination: "brief" });
  const isUp = async () => (await lb.metric("destination_up", { destination: "brief" })) === 1;
  for (const rest of [1, 2]) {
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.equal(await rests(), rest);
    await until("the rest to be seen", async () => !(await isUp()));
    await until("the rest to be over", isUp);
  }
});

scenario("a gateway that is alone in its set rests when it asks to, where its route has another set", async (stage) => {
  const { lb, phone, destination } = stage;
  const weary = destination.answers(503, { headers: [{ name: "Retry-After", value: "600" }] });
  const other = destination.answers(200);
  const sets = {
    near: await configuredSet("priority", [weary]),
    far: await configuredSet("priority", [other]),
  };
  await lb.runs({ sets, routes: [{ sets: ["near", "far"] }] });
  for (let i = 0; i < 3; i++) {
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.equal(await call.bye(), 200);
  }
  assert.equal(weary.heard("INVITE").length, 1);
});

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly usable: boolean;
  readonly reason: string;
}
