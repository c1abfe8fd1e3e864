// Reloads as operators ask for them: while one waits the others are that one, and what is told of them has a bounded size.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { PASSING } from "./admin/backend.ts";
import { Changes } from "./admin-changes.ts";
import { createLiveTablesMemory, LiveTables } from "./bridge/live-tables.ts";
import { NO_OPTIONS } from "./config/io-fake.ts";
import type { Problem } from "./config/problem.ts";
import { ConfigurationFile } from "./configuration-file.ts";
import { ControlPlane } from "./control/control-plane.ts";
import { EventLog } from "./control/events.ts";
import { HealthLoop } from "./control/health-loop.ts";
import { configurationProblem } from "./control/restart.ts";
import { configOf } from "./control/testing/config.ts";
import { locationOf } from "./control/testing/locations.ts";
import { SILENT } from "./control/testing/silent-log.ts";
import { Sources } from "./sources/sources.ts";
import { TableReader } from "./sources/table-reader.ts";

/** Changes of a balancer without workers, whose file is read when the test says so. */
async function lab(problems: readonly Problem[] = [], path = "/nowhere.yaml") {
  const live = new LiveTables(createLiveTablesMemory(1));
  const silent = { send: () => true, onChange() {}, onLost() {} };
  const [now, clock] = [() => 0, () => 0];
  const health = new HealthLoop({ live, now, clock, random: () => 0, key: new Uint8Array(16), ...silent });
  const file = new ConfigurationFile([path], NO_OPTIONS, new Sources(new TableReader(), now));
  const read = path === "/nowhere.yaml" ? undefined : (await file.load(null)).config;
  const config =
    read ?? configOf({ listeners: ["udp://127.0.0.1:23016"], sets: { a: { destinations: ["sip:10.0.0.1"] } } });
  const reading: (() => void)[] = [];
  const control = new ControlPlane({
    live,
    health,
    names: { locate: () => async () => locationOf([], 0), now },
    load: async () => {
      await new Promise<void>((resolve) => reading.push(resolve));
      return { config: problems.length === 0 ? config : null, problems };
    },
    ports: [],
    keys: [new Uint8Array(16)],
    clock,
    log: SILENT,
  });
  assert.ok((await control.begin(config)).ok);
  const events = new EventLog({ clock, instance: "t" });
  return { changes: new Changes(control, file, events), events, reading, control };
}

/** Everything that can go on has gone on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

it("reloads that wait for one that reads are one, and what comes after that one began is another", async () => {
  const { changes, events, reading, control } = await lab();
  const [first, second, third] = [changes.reload(), changes.reload(), changes.reload()];
  await turn();
  // That one may not have seen what the file says now.
  const [fourth, fifth] = [changes.reload(), changes.reload()];
  assert.equal(reading.length, 1);
  reading[0]?.();
  assert.deepEqual([(await first).generation, (await second).generation, (await third).generation], [2, 2, 2]);
  await turn();
  assert.equal(reading.length, 2);
  reading[1]?.();
  assert.deepEqual([(await fourth).generation, (await fifth).generation], [3, 3]);
  assert.deepEqual([reading.length, control.reloads.ok, events.remembered.length], [2, 2, 2]);
});

it("an event says the first problems of very many, and how many more there are", async () => {
  const many = Array.from({ length: 20_000 }, (_, i) =>
    configurationProblem(`${i} ${"x".repeat(i === 0 ? 100_000 : 10)}`),
  );
  const { changes, events, reading } = await lab(many);
  const result = changes.reload();
  await turn();
  reading[0]?.();
  assert.equal((await result).problems.length, 20_000, "who asked learns all of them");
  const [recorded] = events.remembered;
  const { problems } = recorded!.event as { problems: readonly string[] };
  assert.deepEqual([problems.length, problems.at(-1)], [21, "and 19980 more"]);
  assert.match(problems[1] ?? "", /: 1 x{10}/);
  assert.ok(JSON.stringify(recorded).length < 16_384);
});

it("with persist, what passes is in force and not in the file, until a change that is kept or a reload", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-changes-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "fairlead.yaml");
  const text = `listeners: ["udp://127.0.0.1:23016"]
sets: {a: {probe: false, destinations: [{uri: "sip:10.0.0.1", name: one, resources: {pstn: 3}}]}}
admin: {listen: "http://127.0.0.1:23017", persist: true}
`;
  writeFileSync(path, text);
  const { changes, control } = await lab([], path);
  const capacity = () => control.inForce.config.sets[0]?.destinations[0]?.resources["pstn"];
  const [slot] = control.inForce.placed.map((placed) => placed.slot);
  assert.ok(slot !== undefined);
  const resized = { kind: "change", slot, change: { resources: { pstn: 1 } } } as const;
  assert.deepEqual([(await changes.apply(resized, PASSING)).problems, capacity()], [[], 1]);
  assert.equal(readFileSync(path, "utf8"), text);
  assert.deepEqual((await changes.apply({ kind: "change", slot, change: { weight: 7 } })).problems, []);
  assert.match(readFileSync(path, "utf8"), /weight: 7/);
  assert.equal(capacity(), 3, "as the file says");
});
