import assert from "node:assert/strict";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

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
