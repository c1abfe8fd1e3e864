import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DestinationResource } from "../../src/admin/resources.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

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

scenario(
  "round trips and told scores are the same after a restart, unless they are too old",
  { io: "portable" },
  async (stage) => {
    const { lb, destination } = stage;
    const server = destination.answers(200);
    await server.opened;
    const folder = await mkdtemp(join(tmpdir(), "fairlead-state-"));
    const tokens = [{ name: "test", role: "admin", token: "a-token-of-the-test-01" }];
    const headers = { authorization: "Bearer a-token-of-the-test-01" };
    const config = {
      state: { file: join(folder, "state.json") },
      admin: { listen: lb.adminUrl, kamailio_rpc: true, tokens },
    };
    const named = [{ to: server, name: "one", score: 4 }];
    const probe = { probe: { every: "200ms", timeout: "100ms", down_after: 900 } };
    const dispatches = (state: object) =>
      lb.dispatches("media", "opensips:9", named, probe, { ...config, state: { ...config.state, ...state } });
    const stopped = async () => {
      await lb.process?.stop();
      lb.process = undefined;
    };
    const shown = async () => {
      const answer = await fetch(`${lb.adminUrl}/api/v1/destinations/media/one`, { headers });
      return (await answer.json()) as DestinationResource;
    };
    const roundTrips = async (): Promise<Readonly<Record<string, number>> | undefined> => {
      const command = { jsonrpc: "2.0", method: "dispatcher.list", params: ["full"], id: 1 };
      const answer = await fetch(`${lb.adminUrl}/RPC`, { method: "POST", headers, body: JSON.stringify(command) });
      const { result } = (await answer.json()) as {
        result: { RECORDS: { SET: { TARGETS: { DEST: { LATENCY?: Record<string, number> } }[] } }[] };
      };
      return result.RECORDS[0]?.SET.TARGETS[0]?.DEST.LATENCY;
    };
    try {
      await dispatches({});
      await until("round trips", async () => ((await roundTrips())?.STD ?? 0) > 0);
      const path = `${lb.adminUrl}/api/v1/sets/media/scores`;
      const told = { ...headers, "content-type": "application/json" };
      assert.equal((await fetch(path, { method: "PATCH", headers: told, body: '{"one": -7}' })).status, 200);
      // Nobody answers from here on: what is known is known from before.
      await server.close();
      const before = await roundTrips();
      await stopped();
      await dispatches({});
      const after = await roundTrips();
      for (const name of ["AVG", "STD", "EST", "MAX"]) assert.equal(after?.[name], before?.[name], name);
      assert.ok((after?.TIMEOUT ?? 0) >= (before?.TIMEOUT ?? 0));
      assert.deepEqual([(await shown()).score, (await shown()).latency_ms], [-7, after?.EST]);
      await stopped();
      await dispatches({ max_age: "0s" });
      assert.deepEqual([(await shown()).score, (await shown()).latency_ms], [4, null]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
