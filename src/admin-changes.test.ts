// Reloads as operators ask for them: while one waits the others are that one, and what is told of them has a bounded size.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { until } from "../test/kit/wait.ts";
import { PASSING } from "./admin/backend.ts";
import { Changes } from "./admin-changes.ts";
import { createLiveTablesMemory } from "./bridge/live-memory.ts";
import { LiveTables } from "./bridge/live-tables.ts";
import { NO_OPTIONS } from "./config/io-fake.ts";
import type { Problem } from "./config/problem.ts";
import { ConfigurationFile } from "./configuration-file.ts";
import { ControlPlane } from "./control/control-plane.ts";
import { EventLog } from "./control/events.ts";
import { configurationProblem } from "./control/restart.ts";
import { configOf } from "./control/testing/config.ts";
import { locationOf } from "./control/testing/locations.ts";
import { SILENT } from "./control/testing/silent-log.ts";
import { stillHealth } from "./control/testing/still-health.ts";
import { Sources } from "./sources/sources.ts";
import { TableReader } from "./sources/table-reader.ts";

/** Changes of a balancer without workers, whose file is read when the test says so. */
async function lab(problems: readonly Problem[] = [], path = "/nowhere.yaml") {
  const live = new LiveTables(createLiveTablesMemory(1));
  const [now, clock] = [() => 0, () => 0];
  const health = stillHealth(live);
  const file = new ConfigurationFile([path], NO_OPTIONS, new Sources(new TableReader(), now));
  const first = path === "/nowhere.yaml" ? undefined : await file.load(null);
  const read = first?.config;
  first?.taken();
  const config =
    read ?? configOf({ listeners: ["udp://127.0.0.1:23016"], sets: { a: { destinations: ["sip:10.0.0.1"] } } });
  const reading: (() => void)[] = [];
  const control = new ControlPlane({
    live,
    health,
    names: { locate: () => async () => locationOf([], 0), now },
    load: async () => {
      const loaded = read === undefined ? undefined : await file.load(null);
      await new Promise<void>((resolve) => reading.push(resolve));
      if (loaded !== undefined) return { ...loaded, config: loaded.config ?? null };
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

it("a change does not wait for a reload that reads a silent database, and is told that the file will have its way", async () => {
  const { changes, control, reading, events } = await lab();
  const reload = changes.reload();
  await turn();
  const changed = await changes.apply({ kind: "change", slot: 0, change: { weight: 7 } });
  assert.ok(changed.ok);
  assert.match(changed.problems[0]?.what ?? "", /a reload is reading its tables/);
  assert.equal(control.inForce.config.sets[0]?.destinations[0]?.weight, 7);
  reading.shift()?.();
  assert.ok((await reload).ok);
  assert.equal(control.inForce.config.sets[0]?.destinations[0]?.weight, 1);
  assert.deepEqual((await changes.apply({ kind: "change", slot: 0, change: { weight: 8 } })).problems, []);
  assert.equal(events.remembered.length, 3);
});

it("a change that is written into the file while a reload reads is not undone by what was read before", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-changes-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "fairlead.yaml");
  const text =
    'listeners: ["udp://127.0.0.1:23016"]\nadmin: {persist: true}\nsets: {a: {destinations: ["sip:10.0.0.1"]}}\n';
  writeFileSync(path, text);
  const { changes, control, reading } = await lab([], path);
  const reload = changes.reload();
  await until("it to read", () => reading.length > 0);
  const changed = await changes.apply({ kind: "change", slot: 0, change: { weight: 7 } });
  assert.deepEqual([changed.ok, changed.problems], [true, []]);
  reading.shift()?.();
  await until("it to read", () => reading.length > 0);
  reading.shift()?.();
  assert.ok((await reload).ok);
  assert.equal(control.inForce.config.sets[0]?.destinations[0]?.weight, 7);
  assert.match(readFileSync(path, "utf8"), /weight: 7/);
});

it("changes that are written into the file keep coming: a reload reads twice, and is done", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-changes-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "fairlead.yaml");
  writeFileSync(
    path,
    'listeners: ["udp://127.0.0.1:23016"]\nadmin: {persist: true}\nsets: {a: {destinations: ["sip:10.0.0.1"]}}\n',
  );
  const { changes, control, reading } = await lab([], path);
  const isReading = async () => {
    await until("it to read", () => reading.length > 0);
    return reading.shift()!;
  };
  const weigh = (weight: number) => changes.apply({ kind: "change", slot: 0, change: { weight } });
  let isDone = false;
  const reload = changes.reload().finally(() => {
    isDone = true;
  });
  const first = await isReading();
  await weigh(7);
  first();
  const second = await isReading();
  const later = weigh(8);
  for (let looks = 0; looks < 100; looks++) await turn();
  second();
  await until("its end", () => isDone || reading.length > 0);
  assert.ok(isDone, "it reads a third time");
  assert.deepEqual([(await reload).ok, (await later).ok, control.reloads], [true, true, { ok: 1, failed: 0 }]);
  assert.equal(control.inForce.config.sets[0]?.destinations[0]?.weight, 8);
});

it("a change that is kept in the file goes on with the modules in force, whatever their files say by now", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-modules-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const [path, module] = [join(folder, "fairlead.yaml"), join(folder, "mine.mjs")];
  const first = `export const algorithm = {summary: "First.", select(set, _key, live, out) {
    if (out.length === 0 || set.slots.length === 0 || !live.isUsable(set.slots[0])) return 0;
    out[0] = set.slots[0];
    return 1;
  }};`;
  writeFileSync(module, first);
  writeFileSync(
    path,
    `listeners: ["udp://127.0.0.1:23016"]
admin: {persist: true}
algorithms: {mine: ./mine.mjs}
sets: {a: {algorithm: "own:mine", destinations: ["sip:10.0.0.1"]}}
`,
  );
  const { changes, reading, control } = await lab([], path);
  const summary = () => control.inForce.config.algorithms[0]?.algorithm.summary;
  const add = (uri: string) => changes.apply({ kind: "add", destination: { set: "a", uri } });
  writeFileSync(module, "export const algorithm = {");
  const half = await add("sip:10.0.0.2");
  assert.deepEqual([half.ok, half.problems], [true, []]);
  assert.match(readFileSync(path, "utf8"), /10\.0\.0\.2/);
  writeFileSync(module, first.replace("First.", "Second."));
  assert.ok((await add("sip:10.0.0.3")).ok);
  assert.equal(summary(), "First.");
  const reload = changes.reload();
  await until("it to read", () => reading.length > 0);
  reading[0]?.();
  const { ok, problems } = await reload;
  assert.ok(ok);
  assert.equal(summary(), "Second.");
  assert.match(problems.map(({ what }) => what).join(), /breaks a promise of algorithms/);
});

it("a set that has all requests because nobody wrote a route is not removed, in words that name no route", async () => {
  const { changes, control } = await lab();
  const name = control.inForce.config.sets[0]?.name ?? "";
  const remove = { kind: "remove-set", set: name } as const;
  await changes.apply({ kind: "put-set", set: "spare", given: { probe: false, destinations: ["sip:10.0.0.9"] } });
  const { ok, problems } = await changes.apply(remove);
  assert.deepEqual(
    [ok, problems.map(({ what }) => what)],
    [false, [`set "${name}" gets all requests, as the only set of a configuration without routes`]],
  );
  assert.ok((await changes.apply({ kind: "routes", routes: [{ set: "spare" }] })).ok);
  assert.ok((await changes.apply(remove)).ok);
});
