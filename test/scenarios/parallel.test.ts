// Forking: all destinations of a set at once, over two workers.
import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

for (const algorithm of ["parallel", "kamailio:12"]) {
  scenario(
    `${algorithm}: every destination rings, the first that answers has the call, the others are cancelled`,
    async ({ lb, phone, destination }) => {
      const servers = [destination.rings(), destination.rings(), destination.rings()] as const;
      await lb.dispatches(1, algorithm, servers);
      const calls = 6;
      for (let i = 0; i < calls; i++) {
        const dialled = phone.dials("sip:bob@example.com");
        const ringing = await Promise.all(servers.map((server) => server.call(i)));
        const winner = i % 3;
        await ringing[winner]!.answer();
        const call = await phone.finished(dialled);
        assert.equal(call.status, 200);
        const losers = servers.filter((_, at) => at !== winner);
        await Promise.all(
          losers.map((server) => {
            const id = headerOf(ringing[winner]!.transaction.request, "call-id");
            return until("a CANCEL", () => server.heard("CANCEL").some((cancel) => headerOf(cancel, "call-id") === id));
          }),
        );
        assert.equal(await call.bye(), 200);
      }
      for (const server of servers) {
        assert.equal(server.heard("INVITE").length, calls);
        assert.equal(server.heard("CANCEL").length, calls - calls / 3);
        assert.equal(server.heard("BYE").length, calls / 3);
      }
    },
  );
}

scenario(
  "when all of a set have failed, the next set of the route has the call",
  async ({ lb, phone, destination }) => {
    const [busy, down, last] = [destination.answers(503), destination.answers(500), destination.answers(200)];
    await lb.runs({
      sets: {
        first: await configuredSet("parallel", [busy, down], { failover: { on: [500, 503] } }),
        second: await configuredSet("round-robin", [last]),
      },
      routes: [{ sets: ["first", "second"] }],
    });
    assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    for (const one of [busy, down, last]) assert.equal(one.heard("INVITE").length, 1);
  },
);

scenario(
  "all refuse: the caller hears the best answer once, and no call is counted any more",
  async ({ lb, phone, destination }) => {
    const servers = [486, 404, 503].map((status) => destination.answers(status));
    await lb.dispatches(1, "parallel", servers);
    assert.equal((await phone.invites("sip:bob@example.com")).status, 404);
    await until("nothing is counted", async () => (await lb.metric("destination_active_calls")) === 0);
  },
);
