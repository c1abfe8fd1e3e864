// What a scripted FreeSWITCH says over a real connection stands in the snapshot, and is put into the next one.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { EventSocketServer } from "../../test/kit/event-socket.ts";
import { until } from "../../test/kit/wait.ts";
import { compile } from "./compile.ts";
import { TlsIdentities } from "./compile-tls.ts";
import { USUAL_TIMES } from "./event-socket.ts";
import { MeasuredCapacities, WEIGHT_KEPT } from "./measured-capacities.ts";
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
  return { placed, resources: compileResources(placed, freshResourceRows(config, placed), rows.length), sets: [] };
}

/** A set whose second destination has the weight that an event socket tells. */
function weighted(algorithm: string, url: string) {
  const config = configOf({
    listeners: ["udp://127.0.0.1:23000"],
    sets: {
      a: {
        algorithm,
        destinations: [
          { uri: "sip:10.0.0.1", weight: 7 },
          { uri: "sip:10.0.0.2", weight: url },
        ],
      },
    },
  });
  const rows = rowsOf(config, new Map());
  const identities = slotIdentities(rows);
  const slots = [...rows.keys()];
  const placed = placeDestinations(config, rows, identities, slots, new TlsIdentities());
  const context = { generation: 1, placed, rows: 2, setRows: [0], ports: [], keys: [], closing: false };
  const made = compile(config, context);
  assert.ok(made.ok, made.ok ? "" : made.problems.join());
  return { placed, snapshot: made.snapshot, weights: () => [...(made.snapshot.sets[0]?.weights ?? [])] };
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

  const adopt = (snapshot: ReturnType<typeof compiled>) => measured.adopt(snapshot.placed, snapshot);
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
    measured.fill(next.placed, next);
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
    measured.fill(next.placed, next);
    assert.deepEqual([...next.resources.capacities], [60]);
  });

  it("are weights under algorithms that read these at each choice: the free share of sessions and processors", async () => {
    const first = weighted("opensips:4", url);
    measured.adopt(first.placed, first.snapshot);
    assert.deepEqual(first.weights(), [7, 100]);
    measured.start();
    await server.subscribed();
    const says = (sessions: number, weights: () => number[], wanted: number) =>
      until(`a weight of ${wanted}`, () => {
        // Again and again: silence is short here.
        server.heartbeat({ max: 60, sessions, idle: 90 });
        return weights()[1] === wanted;
      });
    await says(20, first.weights, 60);
    const next = weighted("opensips:0", url);
    measured.fill(next.placed, next.snapshot);
    assert.deepEqual(next.weights(), [7, 60], "before anybody has it");
    measured.adopt(next.placed, next.snapshot);
    await says(61, next.weights, 0);
    const compiledOnce = weighted("weighted", url);
    measured.adopt(compiledOnce.placed, compiledOnce.snapshot);
    assert.deepEqual(compiledOnce.weights(), [7, 100]);
    await until("nobody to ask", () => server.alive === 0);
  });

  it("are weights that outlive a silence by nine minutes, before who says nothing counts as free again", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { silence } = USUAL_TIMES;
    measured = new MeasuredCapacities({
      live: { resourceLoad: () => 0 },
      log: SILENT,
      random: () => 1,
      times: USUAL_TIMES,
    });
    const turn = async (what: string, check: () => boolean) => {
      const end = performance.now() + 30_000;
      while (!check()) {
        assert.ok(performance.now() < end, `still waiting for ${what}`);
        await setImmediate();
      }
    };
    const set = weighted("opensips:4", url);
    measured.adopt(set.placed, set.snapshot);
    measured.start();
    // Each portion that arrives is followed by a pause of this clock.
    const told = (what: string, check: () => boolean) =>
      turn(what, () => {
        t.mock.timers.tick(1);
        return check();
      });
    const says = async (sessions: number, wanted: number) => {
      server.heartbeat({ max: 60, sessions, idle: 90 });
      await told(`a weight of ${wanted}`, () => set.weights()[1] === wanted);
    };
    await told("a subscription", () => server.hasSubscriber);
    await says(20, 60);
    await says(57, 5);
    t.mock.timers.tick(silence);
    t.mock.timers.tick(WEIGHT_KEPT - silence);
    assert.equal(set.weights()[1], 5, "who has fallen silent is not taken for a free one");
    const next = weighted("opensips:4", url);
    measured.fill(next.placed, next.snapshot);
    assert.equal(next.weights()[1], 5);
    t.mock.timers.tick(silence);
    assert.equal(set.weights()[1], 100, "not for ever");
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
