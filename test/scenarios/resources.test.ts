import assert from "node:assert/strict";
import { configuredSet } from "../kit/lb.ts";
import type { FinishedCall, Phone } from "../kit/phone.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const GATEWAY = "sip:+4930@example.com";
const CONFERENCE = "sip:conf7@example.com";

async function statuses(phone: Phone, uris: readonly string[], into: FinishedCall[]): Promise<number[]> {
  for (const uri of uris) into.push(await phone.invites(uri));
  return into.slice(-uris.length).map(({ status }) => status);
}

scenario(
  "calls take the resources that their route names, where most of them are free, until they hang up",
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [large, small] = [destination.answers(200), destination.answers(200)];
    const routes = [
      { request_uri: "conf*@*", set: "gateways", resources: ["transc", "pstn"] },
      { set: "gateways", resources: "pstn" },
    ];
    // One worker and several: loads are counted over all of them.
    const base = { workers: lb.io === "batched" ? 3 : 1, routes };
    const pool = (pstn: number) => [
      { to: large, name: "large", resources: { pstn, transc: 1 } },
      { to: small, name: "small", resources: "pstn=1;transc=5" },
    ];
    const gateways = async (pstn: number) => ({ gateways: await configuredSet("load-balancer", pool(pstn)) });
    await lb.runs({ ...base, sets: await gateways(3) });
    const calls: FinishedCall[] = [];
    // 3 and 1 lines are free, then 2 and 1, then 1 and 1: the first.
    assert.deepEqual(await statuses(phone, [GATEWAY, GATEWAY, GATEWAY], calls), [200, 200, 200]);
    assert.deepEqual([large.calls.length, small.calls.length], [3, 0]);
    assert.deepEqual(await statuses(phone, [CONFERENCE, GATEWAY], calls), [200, 503]);
    assert.equal(small.calls.length, 1);
    assert.equal(await lb.metric("rejected_total", { reason: "full" }), 1);
    // More lines while it runs: what is in use stays in use.
    const more = { resources: { pstn: 4 } };
    assert.equal((await lb.admin("PATCH", "/destinations/gateways/large", more)).status, 200);
    assert.deepEqual(await statuses(phone, [GATEWAY, GATEWAY], calls), [200, 503]);
    assert.equal(large.calls.length, 4);
    const shown = JSON.parse((await lb.admin("GET", "/destinations/gateways/large")).body);
    assert.deepEqual(shown.resources, { pstn: { capacity: 4, load: 4 }, transc: { capacity: 1, load: 0 } });
    assert.equal(await lb.metric("destination_resource_load", { resource: "pstn" }), 5);
    const audit = JSON.parse((await lb.admin("GET", "/counters/audit")).body);
    assert.deepEqual([audit.ok, audit.resources], [true, []]);
    // Fewer, by a reload: who talks goes on talking, and the first that hangs up makes no room yet.
    await lb.runs({ ...base, sets: await gateways(3) });
    assert.equal(await calls[0]!.bye(), 200);
    assert.deepEqual(await statuses(phone, [GATEWAY], []), [503]);
    assert.equal(await calls[1]!.bye(), 200);
    assert.deepEqual(await statuses(phone, [GATEWAY], calls), [200]);
    const talking = calls.slice(2).filter(({ status }) => status === 200);
    for (const call of talking) assert.equal(await call.bye(), 200);
    await until("no calls to be counted", async () => (await lb.metric("destination_active_calls")) === 0);
    assert.deepEqual(
      await statuses(phone, [GATEWAY, GATEWAY, GATEWAY, CONFERENCE, GATEWAY], []),
      [200, 200, 200, 200, 503],
    );
  },
);

scenario(
  "a server that fails gives back what the call took of it, and one in two sets has its lines once",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [broken, sound] = [destination.answers(503), destination.answers(200)];
    const gateway = (to: typeof broken, pstn: number) => ({ to, resources: { pstn } });
    const by = { resources: ["pstn"], failover: { on: [503], answer_within: "5s" } };
    await lb.runs({
      sets: {
        all: await configuredSet("load-balancer", [gateway(broken, 9), gateway(sound, 2)], by),
        vip: await configuredSet("load-balancer", [gateway(sound, 3)], by),
      },
      routes: [{ request_uri: "vip@*", set: "vip" }, { set: "all" }],
    });
    const calls: FinishedCall[] = [];
    assert.deepEqual(await statuses(phone, [GATEWAY, GATEWAY, GATEWAY], calls), [200, 200, 500]);
    assert.equal(broken.heard("INVITE").length, 3);
    // The third line of the same server is for those who come through the other set.
    const vip = "sip:vip@example.com";
    assert.deepEqual(await statuses(phone, [vip, vip], calls), [200, 503]);
    assert.equal(sound.calls.length, 3);
    for (const call of calls) if (call.status === 200) assert.equal(await call.bye(), 200);
    assert.deepEqual(await statuses(phone, [vip, vip, vip, vip], []), [200, 200, 200, 503]);
  },
);
