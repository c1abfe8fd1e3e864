import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import type { Config } from "../config/schema.ts";
import { nameOfState, stateOf } from "../health/state.ts";
import type { Location } from "../net/dns/locate.ts";
import { type Derived, withDestination, withoutDestination, withSettings } from "./changes.ts";
import { ControlPlane } from "./control-plane.ts";
import { configurationProblem } from "./restart.ts";
import { configOf } from "./testing/config.ts";
import { locationOf, targetAt } from "./testing/locations.ts";
import { SILENT } from "./testing/silent-log.ts";
import { stillHealth } from "./testing/still-health.ts";

const LISTENERS = ["udp://127.0.0.1:23010"];

function file(destinations: unknown[], more: object = {}): Config {
  return configOf({ listeners: LISTENERS, sets: { a: { destinations } }, ...more });
}

const outcome = ({ config, problems }: Derived) => config ?? [...problems];

async function lab(first: Config) {
  const live = new LiveTables(createLiveTablesMemory(1));
  const health = stillHealth(live);
  const disk = { next: first as Config | null };
  const published: Snapshot[] = [];
  const worker = { adopts: true, adopted: 1 };
  const time = { now: 1 };
  const names = { resolve: true };
  const where = (host: string): Location => {
    const isFound = host === "known.example" && names.resolve;
    return locationOf(isFound ? [targetAt("10.9.9.9")] : [], time.now + 1_000);
  };
  const control = new ControlPlane({
    live,
    health,
    names: {
      locate:
        () =>
        async ({ host }) =>
          where(host),
      now: () => time.now,
    },
    load: async () => ({ config: disk.next, problems: disk.next === null ? [configurationProblem("broken")] : [] }),
    ports: [],
    keys: [new Uint8Array(16)],
    clock: () => time.now,
    log: SILENT,
  });
  const begun = await control.begin(first);
  control.attach({
    secure: async () => "",
    publish(snapshot) {
      published.push(snapshot);
      if (worker.adopts) worker.adopted = snapshot.generation;
    },
    adopted: async (generation) => (worker.adopted < generation ? [0] : []),
    oldestAdopted: () => worker.adopted,
  });
  const slots = () => Object.fromEntries(control.inForce.placed.map(({ config, slot }) => [config.name, slot]));
  return { live, health, disk, published, worker, time, names, control, begun, slots };
}

describe("control plane", () => {
  it("a reload keeps slots and states, and gives free slots to newcomers", async () => {
    const { control, disk, slots, live, health, time } = await lab(file(["sip:10.0.0.1", "sip:10.0.0.2"]));
    health.registry.setState(1, stateOf("draining"), "operator");
    disk.next = file(["sip:10.0.0.3", "sip:10.0.0.2"]);
    assert.deepEqual(await control.reload(), { ok: true, generation: 2, problems: [] });
    assert.deepEqual(slots(), { "sip:10.0.0.3": 2, "sip:10.0.0.2": 1 });
    assert.equal(nameOfState(live.state(1)), "draining");
    disk.next = file(["sip:10.0.0.3", "sip:10.0.0.2", "sip:10.0.0.4"]);
    time.now += 600_000;
    await control.reload();
    assert.equal(slots()["sip:10.0.0.4"], 0, "every worker has let go of slot 0");
  });

  it("a broken file, a change that needs a restart: the old configuration stays and the reason is told", async () => {
    const { control, disk, published } = await lab(file(["sip:10.0.0.1"]));
    disk.next = null;
    const broken = await control.reload();
    assert.deepEqual([broken.ok, broken.generation, broken.problems[0]?.what], [false, 1, "broken"]);
    disk.next = configOf({ listeners: ["udp://127.0.0.1:23011"], sets: { a: { destinations: ["sip:10.0.0.2"] } } });
    const moved = await control.reload();
    assert.deepEqual([moved.ok, moved.problems[0]?.what], [false, "a change of listeners needs a restart"]);
    assert.deepEqual([published.length, control.inForce.config.sets[0]?.destinations[0]?.uri], [0, "sip:10.0.0.1"]);
    assert.deepEqual(control.reloads, { ok: 0, failed: 2 });
  });

  it("a worker that does not take it over: the old one is published again", async () => {
    const { control, disk, worker, published, live, health, slots } = await lab(file(["sip:10.0.0.1"]));
    health.registry.setState(0, stateOf("draining"), "operator");
    worker.adopts = false;
    disk.next = file(["sip:10.0.0.2"]);
    const result = await control.reload();
    assert.equal(result.ok, false);
    assert.match(result.problems[0]?.what ?? "", /worker 0 did not take/);
    assert.deepEqual(
      published.map(({ generation }) => generation),
      [2, 3],
    );
    assert.deepEqual([...(published[1]?.sets[0]?.slots ?? [])], [0]);
    assert.equal(control.inForce.config.sets[0]?.destinations[0]?.uri, "sip:10.0.0.1");
    assert.equal(nameOfState(live.state(0)), "draining", "the operator's drain is not forgotten");
    worker.adopts = true;
    disk.next = file(["sip:10.0.0.1", "sip:10.0.0.3"]);
    await control.reload();
    assert.equal(slots()["sip:10.0.0.3"], 2, "row 1 was used by whoever adopted the refused configuration");
  });

  it("what an operator said stays over reloads, refused ones too, until the file says another state", async () => {
    const uri = "sip:10.0.0.1";
    const { control, disk, worker, live, health } = await lab(file([uri]));
    health.registry.setState(0, stateOf("draining"), "operator");
    const reload = async (state: string) => {
      disk.next = file([{ uri, state, weight: control.reloads.ok + 2 }]);
      const { ok } = await control.reload();
      return [ok, nameOfState(live.state(0))];
    };
    assert.deepEqual(await reload("active"), [true, "draining"]);
    worker.adopts = false;
    assert.deepEqual(await reload("disabled"), [false, "draining"]);
    worker.adopts = true;
    assert.deepEqual(await reload("active"), [true, "draining"]);
    assert.deepEqual(await reload("disabled"), [true, "disabled"]);
  });

  it("a destination that nothing watches any more after a reload is not down for ever", async () => {
    const destinations = ["sip:10.0.0.1", "sip:10.0.0.2", { uri: "sip:10.0.0.3", state: "inactive" }];
    const watched = (more: object) =>
      configOf({
        listeners: LISTENERS,
        sets: { a: { destinations, probe: false, passive: { failures: 0 }, ...more } },
      });
    const { control, disk, live, health } = await lab(watched({ probe: { every: "10s" } }));
    const bad = { at: 0, outcome: "bad", what: "503", rtt: 1 } as const;
    health.registry.probed(0, bad, { downAfter: 1, upAfter: 1 }, "all");
    health.registry.setState(1, stateOf("inactive"), "operator: inactive");
    const states = () => [0, 1, 2].map((slot) => nameOfState(live.state(slot)));
    assert.deepEqual(states(), ["inactive", "inactive", "inactive"]);
    disk.next = watched({ probe: { every: "20s" } });
    await control.reload();
    assert.deepEqual(states(), ["inactive", "inactive", "inactive"]);
    disk.next = watched({});
    await control.reload();
    assert.deepEqual(states(), ["active", "inactive", "inactive"], "the others were taken out by a word");
    assert.equal(health.registry.get(0)?.reason, "neither probes nor calls watch it any more");
  });

  it("a set keeps its row when a reload puts another one before it, and its row rests when it is gone", async () => {
    const destinations = ["sip:10.0.0.1"];
    const sets = (...names: string[]) =>
      configOf({
        listeners: LISTENERS,
        sets: Object.fromEntries(names.map((name) => [name, { destinations }])),
        routes: [{ from_set: "any", forward: true }, ...names.map((set) => ({ to: `${set}@*`, set }))],
      });
    const { control, disk, time } = await lab(sets("b", "c"));
    const rows = () => Object.fromEntries(control.inForce.snapshot.sets.map(({ name, index }) => [name, index]));
    const dispatched = () =>
      control.inForce.snapshot.routes.flatMap(({ action }) => (action.kind === "dispatch" ? [action.set] : []));
    assert.deepEqual(rows(), { b: 0, c: 1 });
    disk.next = sets("a", "b", "c");
    await control.reload();
    assert.deepEqual([rows(), dispatched()], [{ a: 2, b: 0, c: 1 }, [2, 0, 1]]);
    const { snapshot, placed } = control.inForce;
    const setOfSlot = placed.map(({ slot }) => snapshot.destinations[slot * DESTINATION_WORDS + DestinationColumn.set]);
    assert.deepEqual(setOfSlot, [2, 0, 1]);
    disk.next = sets("a", "c");
    await control.reload();
    disk.next = sets("a", "c", "d");
    await control.reload();
    assert.deepEqual(rows(), { a: 2, c: 1, d: 3 }, "a transaction may still be about b");
    time.now += 600_000;
    disk.next = sets("a", "c", "d", "e");
    await control.reload();
    assert.deepEqual(rows(), { a: 2, c: 1, d: 3, e: 0 });
  });

  it("changes made at run time queue, build on each other, and last until a reload", async () => {
    const { control, slots } = await lab(file(["sip:10.0.0.1"]));
    const add = (uri: string) => control.apply((config) => outcome(withDestination(config, "a", { uri, weight: 4 })));
    const results = await Promise.all([add("sip:10.0.0.2"), add("sip:10.0.0.3"), add("sip:10.0.0.3"), add("nonsense")]);
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, true, false, false],
    );
    assert.match(results[2]?.problems[0]?.what ?? "", /already has/);
    const second = control.inForce.placed[1];
    assert.ok(second);
    await control.apply((config) => outcome(withSettings(config, second.config, { weight: 9, max_calls: 3 })));
    assert.deepEqual(
      [control.inForce.snapshot.sets[0]?.weights[1], control.inForce.snapshot.sets[0]?.maxCalls[1]],
      [9, 3],
    );
    const first = control.inForce.placed[0];
    assert.ok(first);
    await control.apply((config) => outcome(withoutDestination(config, first.config)));
    assert.deepEqual(slots(), { "sip:10.0.0.2": 1, "sip:10.0.0.3": 2 });
    await control.reload();
    assert.deepEqual(slots(), { "sip:10.0.0.1": 0 });
  });

  it("a name that does not resolve is told and loaded out of use", async () => {
    const { live } = await lab(file(["sip:known.example", "sip:unknown.example"]));
    assert.deepEqual([nameOfState(live.state(0)), nameOfState(live.state(1))], ["active", "inactive"]);
  });

  it("a name that no longer resolves at a reload keeps its address, and that is told", async () => {
    const { control, names, live } = await lab(file(["sip:known.example"]));
    names.resolve = false;
    const { ok, problems } = await control.apply((config) => ({ ...config, serverHeader: "x" }));
    assert.deepEqual(
      [ok, problems.map(({ what }) => what)],
      [true, ["host name known.example does not resolve now (there is no such name)"]],
    );
    assert.equal(nameOfState(live.state(0)), "active");
    assert.equal(control.inForce.placed[0]?.unusable, "");
  });

  it("closing is a snapshot of its own, and reloads after it stay closing", async () => {
    const { control, published } = await lab(file(["sip:10.0.0.1"]));
    await control.close();
    await control.reload();
    assert.deepEqual(
      published.map(({ closing, generation }) => [closing, generation]),
      [
        [true, 2],
        [true, 3],
      ],
    );
  });
});
