// What a destination says of its own probing counts, whatever the mode of its set is.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminClient } from "../../src/admin/client.ts";
import type { DestinationResource } from "../../src/admin/resources.ts";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { configuredSet } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("a destination is probed always, or while it is inactive, in a set that probes neither", async (stage) => {
  const { lb, destination } = stage;
  const [plain, always, back, well, out] = [1, 2, 3, 4, 5].map(() => destination.answers(200));
  const named = [
    { to: plain!, name: "plain" },
    { to: always!, name: "always", probe: "always" },
    { to: back!, name: "back", probe: "down", state: "inactive" },
    { to: well!, name: "well", probe: "down" },
    { to: out!, name: "out", probe: "never", state: "inactive" },
  ];
  const probe = { every: "100ms", timeout: "10s", down_after: 100, up_after: 2, mode: "down" };
  await lb.runs({ sets: { media: await configuredSet("priority", named, { probe }) }, routes: [{ set: "media" }] });
  const stateOf = async (name: string) => JSON.parse((await lb.admin("GET", `/destinations/media/${name}`)).body).state;
  await until("the one that was inactive to come back", async () => (await stateOf("back")) === "active", 30_000);
  const probes = always!.heard("OPTIONS").length;
  // One that was under way may come yet.
  const last = back!.heard("OPTIONS").length;
  assert.ok(last >= 2, `${last} probes`);
  await until("many probes of the one that always is", () => always!.heard("OPTIONS").length > probes + 8, 30_000);
  assert.ok(back!.heard("OPTIONS").length <= last + 1);
  for (const one of [plain, well, out]) assert.equal(one!.heard("OPTIONS").length, 0);
  assert.equal(await stateOf("out"), "inactive");
});

scenario(
  "a destination's probes have the From and leave from the listener that it names, requests as ever",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [one, other] = [destination.answers(200), destination.answers(200)];
    const { port } = lb.address;
    const inside = `udp://127.0.0.8:${port}`;
    const listeners = [`udp://127.0.0.1:${port}`, inside];
    const named = [
      { to: one, name: "one", probe_from: "sip:lb@example.com", probe_listener: inside },
      { to: other, name: "other" },
    ];
    await lb.dispatches("media", "round-robin", named, { probe: { every: "100ms", timeout: "10s" } }, { listeners });
    const cameFrom = (who: typeof one, method: string) => [
      ...new Set(
        who.datagrams.flatMap(({ direction, message, peer }) =>
          direction === "in" && message?.method === method ? [peer.address] : [],
        ),
      ),
    ];
    await until("probes of both", () => [one, other].every((who) => who.heard("OPTIONS").length > 0), 30_000);
    for (let call = 0; call < 2; call++) assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    const shown = async () => JSON.parse((await lb.admin("GET", "/destinations/media/one")).body);
    await until("a probe that was answered", async () => (await shown()).last_probe?.outcome === "ok");
    assert.deepEqual([cameFrom(one, "OPTIONS"), cameFrom(one, "INVITE")], [["127.0.0.8"], ["127.0.0.1"]]);
    assert.deepEqual(cameFrom(other, "OPTIONS"), ["127.0.0.1"]);
    const from = (who: typeof one) => headerOf(who.heard("OPTIONS")[0]!, "From").replace(/;tag=.*/, "");
    assert.deepEqual([from(one), from(other)], ["<sip:lb@example.com>", "<sip:fairlead@localhost>"]);
  },
);

scenario(
  "probes that an operator pauses are sent no more, over a reload and a restart, until they are resumed",
  async (stage) => {
    const { lb, destination } = stage;
    const [one, other] = [destination.answers(200), destination.answers(200)];
    const named = [
      { to: one, name: "one" },
      { to: other, name: "other" },
    ];
    const folder = await mkdtemp(join(tmpdir(), "fairlead-state-"));
    const probe = { every: "100ms", timeout: "10s" };
    const runs = () =>
      lb.dispatches("media", "priority", named, { probe }, { state: { file: join(folder, "state.json") } });
    const heard = (who: typeof one) => who.heard("OPTIONS").length;
    const more = async (who: typeof one, count: number) => {
      const before = heard(who);
      await until("more probes", () => heard(who) >= before + count, 30_000);
    };
    const post = async (path: string) => (await lb.admin("POST", path)).status;
    const probing = async () => JSON.parse((await lb.admin("GET", "/destinations/media/one")).body).probing;
    try {
      await runs();
      await more(one, 2);
      assert.equal(await post("/destinations/media/one/pause-probes"), 200);
      // One that was under way may come yet.
      await more(other, 2);
      const last = heard(one);
      await more(other, 8);
      await lb.reload();
      await more(other, 8);
      assert.deepEqual([heard(one), await probing()], [last, "paused"]);
      await lb.process?.stop();
      lb.process = undefined;
      await runs();
      await more(other, 8);
      assert.deepEqual([heard(one), await probing()], [last, "paused"]);
      assert.equal(await post("/sets/media/pause-probes"), 200);
      assert.equal(await post("/sets/media/resume-probes"), 200);
      await Promise.all([more(one, 3), more(other, 3)]);
      assert.equal(await probing(), "on");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

scenario("what probes had taken out gets another chance by a call while they are paused", async (stage) => {
  const { lb, phone, destination } = stage;
  const [down, well] = [destination.answers(200), destination.answers(200)];
  const named = [
    { to: down, name: "down", priority: 1 },
    { to: well, name: "well" },
  ];
  const probe = { every: "100ms", timeout: "10s", up_after: 1000, down_after: 1 };
  await lb.dispatches("media", "priority", named, { probe, passive: { failures: 3 } });
  const stateOf = async () => JSON.parse((await lb.admin("GET", "/destinations/media/down")).body).state;
  await down.close();
  await until("it is down", async () => (await stateOf()) === "inactive", 30_000);
  await down.reopen();
  assert.equal((await lb.admin("POST", "/destinations/media/down/pause-probes")).status, 200);
  await until("a chance", async () => (await stateOf()) === "trying", 40_000);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  await until("it has answered", async () => (await stateOf()) === "active", 10_000);
  assert.equal(down.calls.length, 1);
});

scenario(
  "while the probes of all are paused, a destination shows its own pause, and nobody is told that probes are resumed",
  { io: "portable" },
  async ({ lb, destination }) => {
    const token = "a-token-of-the-test-01";
    const admin = { listen: lb.adminUrl, kamailio_rpc: true, tokens: [{ name: "test", role: "admin", token }] };
    const named = [{ to: destination.answers(200), name: "one" }];
    await lb.dispatches("media", "priority", named, { probe: { every: "1s" } }, { admin });
    const client = new AdminClient(lb.adminUrl, token);
    const seen = async () => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${lb.adminUrl}/api/v1/destinations/media/one`, { headers });
      const { probing, probes_paused: isPaused } = (await answer.json()) as DestinationResource;
      return { words: [probing, isPaused], tag: answer.headers.get("etag") };
    };
    const before = await seen();
    assert.deepEqual(before.words, ["on", false]);
    await client.command("/RPC", "dispatcher.ping_active", ["0"]);
    assert.deepEqual(await seen(), { words: ["paused", false], tag: before.tag });
    const refused = { status: 409 };
    await assert.rejects(client.probes("media", "one", "resume-probes"), refused);
    await assert.rejects(client.probesOfSet("media", "resume-probes"), refused);
    await client.probes("media", "one", "pause-probes");
    const paused = await seen();
    assert.deepEqual(paused.words, ["paused", true]);
    assert.notEqual(paused.tag, before.tag);
    await client.command("/RPC", "dispatcher.ping_active", ["1"]);
    assert.deepEqual(await seen(), paused);
    assert.equal((await client.probes("media", "one", "resume-probes")).probing, "on");
    assert.deepEqual(await seen(), before);
  },
);
