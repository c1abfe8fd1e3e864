import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scenario } from "../kit/scenario.ts";

scenario("calls go on after a restart with the same keys", async ({ lb, phone, destination }) => {
  const servers = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "round-robin", servers);
  const calls = await Promise.all(Array.from({ length: 6 }, () => phone.invites("sip:bob@example.com")));
  assert.equal(await lb.process?.stop(), 0);
  lb.process = undefined;
  await lb.dispatches(1, "round-robin", servers);
  const callees = servers.flatMap((server) => server.calls);
  assert.equal(callees.length, 6);
  for (const call of calls) assert.equal(await call.reinvite(), 200);
  for (const [index, callee] of callees.entries()) {
    assert.equal((await callee.session.request("UPDATE"))?.status, 200);
    if (index % 2 === 0) assert.equal((await callee.session.bye())?.status, 200);
  }
  for (const call of calls) if (!call.session.hasEnded) assert.equal(await call.bye(), 200);
});

scenario("drains and what probes have found are the same after a restart", { io: "batched" }, async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
  await Promise.all(servers.map(({ opened }) => opened));
  const named = servers.map((to, at) => ({ to, name: `server${at}` }));
  const folder = await mkdtemp(join(tmpdir(), "fairlead-state-"));
  const config = { state: { file: join(folder, "state.json") } };
  try {
    await lb.dispatches("media", "round-robin", named, {}, config);
    assert.equal((await lb.admin("POST", "/destinations/media/server0/drain", { reason: "disk" })).status, 200);
    assert.equal((await lb.admin("POST", "/destinations/media/server1/inactive")).status, 200);
    await lb.process?.stop();
    lb.process = undefined;
    await lb.dispatches("media", "round-robin", named, {}, config);
    for (let i = 0; i < 3; i++) assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.deepEqual(
      servers.map(({ calls }) => calls.length),
      [0, 0, 3],
    );
    await lb.dispatches("media", "round-robin", named, {}, { state: { ...config.state, inherit: false } });
    for (let i = 0; i < 3; i++) assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.ok(
      servers.every(({ calls }) => calls.length > 0),
      "a reload that does not inherit starts over",
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
