// What a scripted FreeSWITCH says over a real connection stands in the snapshot, and is put into the next one.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EventSocketServer } from "../../test/kit/event-socket.ts";
import { until } from "../../test/kit/wait.ts";
import { TlsIdentities } from "./compile-tls.ts";
import { MeasuredCapacities } from "./measured-capacities.ts";
import { type PlacedDestination, placeDestinations, slotIdentities } from "./place.ts";
import { compileResources, freshResourceRows } from "./resource-table.ts";
import { rowsOf } from "./rows.ts";
import { configOf } from "./testing/config.ts";
import { SILENT } from "./testing/silent-log.ts";

/** A configuration's destinations, and the numbers of a snapshot of it. */
function compiled(...resources: object[]) {
  const destinations = resources.map((each, at) => ({ uri: `sip:10.0.0.${at + 1}`, resources: each }));
  const config = configOf({ listeners: ["udp://127.0.0.1:23000"], sets: { a: { destinations } } });
  const rows = rowsOf(config, new Map());
  const identities = slotIdentities(rows);
  const placed: PlacedDestination[] = placeDestinations(
    config,
    rows,
    identities,
    [...rows.keys()],
    new TlsIdentities(),
  );
  return { placed, resources: compileResources(placed, freshResourceRows(config, placed), rows.length) };
}

describe("capacities that FreeSWITCHes tell", () => {
  let server: EventSocketServer;
  let measured: MeasuredCapacities;
  const own = { calls: 0 };
  let url = "";

  beforeEach(async () => {
    server = await EventSocketServer.open("x");
    url = `fs://:x@127.0.0.1:${server.port}`;
    own.calls = 0;
    const times = { login: 2_000, silence: 300, firstPause: 5_000, longestPause: 5_000 };
    const live = { resourceLoad: () => own.calls };
    measured = new MeasuredCapacities({ live, log: SILENT, random: () => 1, times });
  });
  afterEach(async () => {
    measured.stop();
    await server.close();
  });

  const adopt = ({ placed, resources }: ReturnType<typeof compiled>) => measured.adopt(placed, resources);
  const hears = async (max: number, sessions: number, { resources }: ReturnType<typeof compiled>, wanted: number[]) => {
    await server.subscribed();
    server.heartbeat({ max, sessions, idle: 100 });
    await until("its heartbeat to count", () => resources.capacities[0] === wanted[0]);
    assert.deepEqual([...resources.capacities], wanted);
  };

  it("are those of every destination that names its event socket, over one connection", async () => {
    const first = compiled({ pstn: url }, { pstn: url, transc: 7 }, { transc: 5 });
    adopt(first);
    assert.equal(server.connections, 0);
    measured.start();
    await hears(60, 20, first, [40, -1, 40, 7, -1, 5]);
    assert.equal(server.connections, 1);
  });

  it("are in the next snapshot before anybody has it, as the last heartbeat had them, and follow its order", async () => {
    const first = compiled({ pstn: url });
    adopt(first);
    measured.start();
    await hears(60, 20, first, [40]);
    own.calls = 5;
    const next = compiled({ pstn: url }, { transc: 5, pstn: 9 });
    measured.fill(next.placed, next.resources);
    assert.deepEqual([...next.resources.capacities], [40, -1, 9, 5]);
    adopt(next);
    assert.deepEqual([...next.resources.capacities], [40, -1, 9, 5]);
    await hears(60, 20, next, [45, -1, 9, 5]);
    assert.equal(server.connections, 1);
  });

  it("are the most of it when it has been silent for too long, also in the next snapshot", async () => {
    const first = compiled({ pstn: url });
    adopt(first);
    measured.start();
    assert.deepEqual([...first.resources.capacities], [1000]);
    await hears(60, 20, first, [40]);
    await until("its silence to count", () => first.resources.capacities[0] === 60);
    const next = compiled({ pstn: url });
    measured.fill(next.placed, next.resources);
    assert.deepEqual([...next.resources.capacities], [60]);
  });

  it("of whom nobody names any more are not followed, and who is named anew begins anew", async () => {
    const first = compiled({ pstn: url });
    adopt(first);
    measured.start();
    await hears(60, 20, first, [40]);
    adopt(compiled({ pstn: 3 }));
    const again = compiled({ pstn: url });
    adopt(again);
    assert.deepEqual([...again.resources.capacities], [1000]);
    await until("another connection", () => server.connections === 2);
    await until("only one of them", () => server.alive === 1);
    await hears(60, 50, again, [10]);
    assert.deepEqual([...first.resources.capacities], [40]);
  });

  it("are not asked with a password that is not the present one", async () => {
    adopt(compiled({ pstn: url.replace(":x@", ":old@") }));
    measured.start();
    await until("the old login", () => server.said.includes("auth old"));
    const next = compiled({ pstn: url });
    adopt(next);
    await hears(60, 20, next, [40]);
  });
});
