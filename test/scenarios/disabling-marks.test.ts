import assert from "node:assert/strict";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

scenario(
  "a code that disables takes its destination out for good, whatever it answers to probes, until somebody enables it",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(500), destination.answers(200)];
    const named = [
      { to: first, name: "first" },
      { to: second, name: "second" },
    ];
    const probe = { every: "100ms", timeout: "10s", down_after: 100, up_after: 1 };
    const failover = { on: ["5xx"], mark: ["5xx"], mark_as: "disabled", answer_within: "20s" };
    first.script = (transaction) => transaction.respond(transaction.request.method === "OPTIONS" ? 200 : 500);
    await lb.runs({
      sets: { media: await configuredSet("priority", named, { probe, failover }) },
      routes: [{ set: "media" }],
    });
    const shown = async () => JSON.parse((await lb.admin("GET", "/destinations/media/first")).body);
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    await until("the first one to be disabled", async () => (await shown()).state === "disabled");
    assert.equal((await shown()).reason, "marked by a route: 500, until it is enabled");
    // One that was under way may come yet.
    const probes = second.heard("OPTIONS").length;
    const last = first.heard("OPTIONS").length;
    await until("many probes of the other one", () => second.heard("OPTIONS").length > probes + 8, 30_000);
    assert.ok(first.heard("OPTIONS").length <= last + 1);
    assert.equal((await shown()).state, "disabled");
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.equal(first.heard("INVITE").length, 1);
    assert.equal((await lb.admin("POST", "/destinations/media/first/enable")).status, 200);
    first.script = (transaction) => transaction.respond(200);
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.equal(first.heard("INVITE").length, 2);
  },
);

scenario(
  "a late timeout does not undo an operator's enabling, and a later silence disables while somebody else answers",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.silent(), destination.answers(200)];
    const named = [
      { to: first, name: "first" },
      { to: second, name: "second" },
    ];
    const failover = { on: ["timeout"], mark: ["timeout"], mark_as: "disabled", answer_within: "5s" };
    const set = await configuredSet("priority", named, { probe: false, passive: { failures: 0 }, failover });
    await lb.runs({ sets: { media: set }, routes: [{ set: "media" }] });
    const shown = async () => JSON.parse((await lb.admin("GET", "/destinations/media/first")).body);
    const dialled = phone.dials("sip:bob@example.com");
    await until("the request to be with the first one", () => first.requests("INVITE").length > 0);
    assert.equal((await lb.admin("POST", "/destinations/media/first/enable")).status, 200);
    assert.equal((await phone.finished(dialled)).status, 200);
    const { state } = await shown();
    assert.equal(state, "active");
    await holds("it stays active", () => second.calls.length === 1, 300);
    assert.equal((await shown()).state, "active");
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    await until("the first one to be disabled", async () => (await shown()).state === "disabled");
    assert.equal((await shown()).reason, "marked by a route: no answer, until it is enabled");
  },
);

scenario("a mark that takes three failures is made at the third", async ({ lb, phone, destination }) => {
  const [first, second] = [destination.answers(500), destination.answers(200)];
  const failover = { on: ["5xx"], mark: ["5xx"], mark_after: 3, answer_within: "20s" };
  const set = await configuredSet("priority", [{ to: first, name: "first" }, { to: second }], {
    probe: false,
    failover,
  });
  await lb.runs({ sets: { media: set }, routes: [{ set: "media" }] });
  const shown = async () => JSON.parse((await lb.admin("GET", "/destinations/media/first")).body);
  for (let call = 1; call <= 3; call++) {
    assert.equal((await shown()).state, "active");
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.equal(first.heard("INVITE").length, call);
  }
  await until("the first one to be inactive", async () => (await shown()).state === "inactive");
  assert.equal((await shown()).reason, "marked by a route: 500, as the last of 3 failures");
});
