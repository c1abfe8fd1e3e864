import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { ControlPlane } from "./control-plane.ts";
import { HealthLoop } from "./health-loop.ts";
import { configOf } from "./testing/config.ts";
import { SILENT } from "./testing/silent-log.ts";

const nothing = () => undefined;

test("probes begin with the first configuration that asks for them and end with the last; for none nobody is woken", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const live = new LiveTables(createLiveTablesMemory(1));
  const time = { now: 0 };
  const clock = () => time.now;
  let sent = 0;
  const send = () => {
    sent++;
    return true;
  };
  const key = new Uint8Array(16);
  const outside = { send, onChange: nothing, onLost: nothing, onResult: nothing, log: SILENT };
  const health = new HealthLoop({ live, now: clock, clock, shared: clock, random: () => 0, key, ...outside });
  const names = { locate: () => () => Promise.reject(new Error("there are no names")), now: clock };
  const load = () => Promise.reject(new Error("there is no file"));
  const control = new ControlPlane({ live, health, names, load, ports: [], keys: [key], clock, log: SILENT });
  const config = (probe: unknown) =>
    configOf({ listeners: ["udp://127.0.0.1:23010"], sets: { a: { probe, destinations: ["sip:10.0.0.1"] } } });
  const ticks = t.mock.method(health.prober, "tick").mock;
  /** Ticks and probes within a second. */
  const second = (): readonly [ticks: number, probes: number] => {
    const before = [ticks.callCount(), sent] as const;
    for (let step = 0; step < 40; step++) {
      time.now += 25;
      t.mock.timers.tick(25);
    }
    return [ticks.callCount() - before[0], sent - before[1]];
  };
  await control.begin(config(false));
  health.start();
  t.after(() => health.stop());
  assert.deepEqual(second(), [0, 0]);
  await control.apply(() => config({ every: "1h" }));
  const [often, probes] = second();
  assert.equal(often, 40);
  assert.ok(probes >= 1, "nothing was probed");
  await control.apply(() => config(false));
  assert.deepEqual(second(), [0, 0]);
  await control.apply(() => config({ every: "1h" }));
  assert.equal(second()[0], 40);
  health.stop();
  assert.deepEqual(second(), [0, 0]);
});
