import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario("round-robin gives everybody the same, weighted gives shares", { io: "batched" }, async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
  const counts = (): number[] => servers.map((server) => server.heard("OPTIONS").length);
  await lb.dispatches(1, "round-robin", servers);
  for (let i = 0; i < 30; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
  assert.deepEqual(counts(), [10, 10, 10]);
  const weighted = servers.map((to, index) => ({ to, weight: index + 1 }));
  await lb.dispatches(1, "weighted", weighted);
  for (let i = 0; i < 60; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
  assert.deepEqual(counts(), [20, 30, 40]);
});

scenario("call-load sends a call to the server with the fewest calls", { io: "batched" }, async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "call-load", servers);
  const calls = [];
  for (let i = 0; i < 9; i++) calls.push(await phone.invites("sip:bob@example.com"));
  for (const server of servers) assert.equal(server.calls.length, 3);
  const [first] = servers;
  for (const call of first?.calls ?? []) assert.equal((await call.session.bye())?.status, 200);
  for (let i = 0; i < 3; i++) await phone.invites("sip:bob@example.com");
  assert.equal(first?.calls.length, 6);
});

scenario("kamailio:4 and opensips:4 take their turns over all workers", { io: "batched" }, async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
  const counts = (): number[] => servers.map((server) => server.heard("OPTIONS").length);
  await lb.dispatches(1, "kamailio:4", servers);
  for (let i = 0; i < 30; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
  assert.deepEqual(counts(), [10, 10, 10]);
  const weighted = servers.map((to, index) => ({ to, weight: index + 1 }));
  await lb.dispatches(1, "opensips:4", weighted);
  for (let i = 0; i < 60; i++) assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
  // The cursor that kamailio:4 has left stands somewhere within the round.
  for (const [index, count] of counts().entries()) assert.ok(Math.abs(count - 10 * (index + 2)) <= 1, String(counts()));
});

for (const algorithm of ["consistent-hash-bounded", "rendezvous-hash"]) {
  scenario(`calls to one busy number fill one server to load_bound and then the next [${algorithm}]`, async (stage) => {
    const { lb, phone, destination } = stage;
    const servers = [
      destination.answers(200),
      destination.answers(200),
      destination.answers(200),
      destination.answers(200),
    ];
    const counts = (): number[] => servers.map(({ calls }) => calls.length);
    await lb.dispatches(1, algorithm, servers, { key: "to", load_bound: 1.5 });
    const calls = [];
    for (let i = 1; i <= 40; i++) {
      calls.push(await phone.invites("sip:busy@example.com"));
      assert.ok(Math.max(...counts()) <= Math.ceil((1.5 * i) / 4), `${counts()} of ${i}`);
    }
    assert.equal(Math.max(...counts()), 15);
    // The third and the fourth server get what the first two have no room for.
    assert.deepEqual(
      counts()
        .sort((a, b) => b - a)
        .slice(0, 2),
      [15, 15],
    );
    for (const call of calls) assert.equal(await call.bye(), 200);
  });
}

for (const algorithm of [
  "hash-from",
  "hash-to",
  "hash-request-uri",
  "hash-auth-user",
  "consistent-hash",
  "consistent-hash-bounded",
  "rendezvous-hash",
  "fastest",
  "random",
]) {
  scenario(`a call through ${algorithm}`, { io: "portable" }, async ({ lb, phone, destination }) => {
    await lb.dispatches(1, algorithm, [destination.answers(200), destination.answers(200)]);
    for (let i = 0; i < 4; i++) {
      const call = await phone.invites(`sip:bob${i}@example.com`);
      assert.equal(call.status, 200);
      assert.equal(await call.bye(), 200);
    }
  });
}
