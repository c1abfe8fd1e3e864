// What becomes of a configuration when its tables change: in one process, with a clock that the test moves.
import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import fc from "fast-check";
import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import { buildConfig } from "../../src/config/load.ts";
import { readConfiguration } from "../../src/config/open.ts";
import { inOrder } from "../../src/config/tables/table.ts";
import { written } from "../../src/config/written.ts";
import { withoutDestination, withoutSet, withSettings } from "../../src/control/changes.ts";
import { importTable } from "../../src/sources/import-table.ts";
import { insertRows } from "./schemas.ts";
import { ROWS, TableBench, withFile, withTable } from "./table-bench.ts";

it("the order of rows in the database is nothing; doubles keep their names", () =>
  withTable(async (bench, database, source) => {
    assert.deepEqual(await bench.loadKamailio(source), []);
    const before = ["sip:10.0.0.2 2 0 active", "sip:10.0.0.5 5 0 active", "sip:10.0.0.2#9 9 0 active"];
    assert.deepEqual(bench.set("1"), before);
    await database.run("DELETE FROM dispatcher", insertRows("dispatcher", ROWS.toReversed()));
    await bench.pass(10_000);
    assert.deepEqual([bench.set("1"), bench.changes, bench.told], [before, 0, []]);
    await bench.pass(9_999);
    await database.run("DELETE FROM dispatcher WHERE id = 5");
    await bench.pass(1);
    assert.deepEqual([bench.set("1"), bench.changes, bench.told], [[before[0], before[2]], 1, ["applied"]]);
  }));

it("what the admin API has changed stays until its row changes; new rows and sets come in", () =>
  withTable(async (bench, database, source) => {
    await bench.loadKamailio(source, { sets: { 1: { algorithm: "weighted", destinations: ["sip:10.9.9.9"] } } });
    const [, two, five] = bench.config?.sets[0]?.destinations ?? [];
    bench.config = withoutDestination(withSettings(bench.config!, two!, { weight: 77 }).config!, five!).config;
    await database.run(insertRows("dispatcher", [{ setid: 3, destination: "sip:10.0.0.3" }]));
    await bench.pass(10_000);
    const kept = ["sip:10.9.9.9 1 0 active", "sip:10.0.0.2 77 0 active"];
    assert.deepEqual(bench.set("1"), [...kept, "sip:10.0.0.2#9 9 0 active"]);
    assert.deepEqual(bench.set("3"), ["sip:10.0.0.3 1 0 active"]);
    await database.run("UPDATE dispatcher SET priority = 1 WHERE id IN (2, 5)");
    await bench.pass(10_000);
    assert.deepEqual(bench.set("1"), [
      kept[0],
      "sip:10.0.0.2 2 1 active",
      "sip:10.0.0.5 5 1 active",
      "sip:10.0.0.2#9 9 0 active",
    ]);
  }));

it("rows that are refused and an empty table change nothing, and are told once", () =>
  withTable(async (bench, database, source) => {
    await bench.loadKamailio({ ...source, bad_rows: "refuse" });
    const before = bench.set("1");
    await database.run("UPDATE dispatcher SET destination = 'sip:' WHERE id = 9");
    for (let i = 0; i < 5; i++) await bench.pass(10_000);
    assert.deepEqual(bench.set("1"), before);
    assert.match(bench.said[0] ?? "", /id 9, column destination: "" is not a host: left out/);
    assert.equal(bench.said.length, 2, bench.said.join("\n"));
    assert.match(bench.told.join("\n"), /^refused .*id 9, column destination.*$/);
    await database.run("DELETE FROM dispatcher");
    for (let i = 0; i < 5; i++) await bench.pass(10_000);
    assert.deepEqual(bench.set("1"), before);
    assert.equal(bench.said.length, 3, bench.said.join("\n"));
    await bench.loadKamailio({ ...source, empty_table: "accept" });
    assert.deepEqual(bench.set("1"), []);
  }));

it("the cache is what is in force, for its owner alone; one that is damaged or another table's is not believed", () =>
  withTable(async (bench, database, source) => {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-cache-"));
    const cache = join(folder, "rows.json");
    await bench.loadKamailio({ ...source, cache });
    const before = bench.set("1");
    await bench.pass(0);
    const text = await readFile(cache, "utf8");
    await database.run("DROP TABLE dispatcher");
    const start = async (content: string, given: object = source) => {
      await writeFile(cache, content);
      const fresh = new TableBench();
      const said = await fresh.loadKamailio({ ...given, cache });
      fresh.stop();
      return { said: said.join("\n"), set: fresh.set("1") };
    };
    assert.deepEqual((await start(text)).set, before);
    assert.match((await start(text)).said, /no such table: dispatcher \(its rows of 2026-01-02T00:00:00/);
    for (const damaged of [
      "",
      "{",
      text.slice(0, -9),
      text.replace('"id"', "7"),
      text.replace('["2"', '["2","3"'),
      "null",
    ])
      assert.match(
        (await start(damaged)).said,
        /error: .* no such table: dispatcher; the cache .* is damaged/,
        damaged,
      );
    assert.match((await start(text, { ...source, table: "other" })).said, /the cache .* is of another table/);
    const optional = await start("", { ...source, required: false });
    assert.match(optional.said, /warning: .* is damaged \(it is tried again\)/);
    await chmod(folder, 0o700);
    await rm(folder, { recursive: true });
  }));

it("a cache that cannot be written is told once, and written as soon as it can be, though the table does not change", () =>
  withTable(async (bench, database, source) => {
    const parent = await mkdtemp(join(tmpdir(), "fairlead-cache-"));
    const folder = join(parent, "later");
    const cache = join(folder, "rows.json");
    await bench.loadKamailio({ ...source, cache });
    await bench.pass(0);
    assert.match(bench.said.join("\n"), /the cache of a source cannot be written .*ENOENT/);
    await database.run("DELETE FROM dispatcher WHERE id = 5");
    await bench.pass(10_000);
    assert.equal(bench.set("1").length, 2);
    await bench.pass(60_000);
    assert.equal(bench.said.filter((line) => line.includes("cannot be written")).length, 1, bench.said.join("\n"));
    await mkdir(folder);
    await bench.pass(60_000);
    assert.match(await readFile(cache, "utf8"), /"rows":\[\["2"/);
    assert.match(bench.said.join("\n"), /the cache of a source can be written again/);
    await rm(parent, { recursive: true });
  }));

it("a set that the admin API has removed stays so until its own rows change", () =>
  withTable(async (bench, database, source) => {
    await database.run(insertRows("dispatcher", [{ id: 20, setid: 2, destination: "sip:10.0.0.7" }]));
    await bench.loadKamailio(source);
    bench.config = withoutSet(bench.config!, "2").config;
    const sets = () => bench.config?.sets.map(({ name }) => name);
    await database.run(insertRows("dispatcher", [{ id: 21, setid: 1, destination: "sip:10.0.0.8" }]));
    await bench.pass(10_000);
    assert.deepEqual([sets(), bench.changes], [["1"], 1]);
    await database.run("UPDATE dispatcher SET priority = 1 WHERE id = 20");
    await bench.pass(10_000);
    assert.deepEqual([sets(), bench.set("2")], [["1", "2"], ["sip:10.0.0.7 1 1 active"]]);
  }));

it("two sources may have one table: both are followed; one cache for two is refused", () =>
  withTable(async (bench, database, source) => {
    const both = (...more: object[]) => ({
      sources: more.map((one) => ({ kamailio: { ...source, ...one } })),
      routes: [{ reject: { status: 503 } }],
    });
    await bench.load(both({ name: "a" }, { name: "b", sets: { 1: "media" } }));
    await database.run("DELETE FROM dispatcher WHERE id IN (5, 9)");
    await bench.pass(10_000);
    const one = ["sip:10.0.0.2 2 0 active"];
    assert.deepEqual([bench.set("1"), bench.set("media")], [one, one]);
    const said = await bench.load(both({ name: "a", cache: "x.json" }, { name: "b", cache: "./x.json" }));
    assert.match(said.join("\n"), /error: the sources a and b have the same cache \(give each a file of its own\)/);
  }));

it("a number that is too large for JavaScript, in a column of somebody else, keeps no row of SQLite from being read", () =>
  withTable(async (bench, database, source) => {
    await database.run("ALTER TABLE dispatcher ADD COLUMN theirs INTEGER DEFAULT 9223372036854775807");
    assert.deepEqual(await bench.loadKamailio(source), []);
    assert.equal(bench.set("1").length, 3);
  }));

it("tls to MariaDB and MySQL needs a name to prove", () =>
  withFile(async (bench) => {
    for (const host of ["127.0.0.1", "[::1]:3306"]) {
      const said = await bench.loadKamailio({ url: `mysql://u@${host}/d`, tls: true, required: false });
      assert.match(said.join("\n"), /error: tls needs a host name in the URL/, host);
    }
    const byName = await bench.loadKamailio({ url: "mysql://u@localhost:1/d", tls: true, required: false });
    assert.doesNotMatch(byName.join("\n"), /error/);
  }));

it("a password is in no problem, and an URL that is none is told without it", async () => {
  const bench = new TableBench();
  const wrong = [
    "mysql://u:hunter2@host:99999/db",
    "oracle://u:hunter2@h/d",
    "mysql://u:hunter2@h",
    "hunter2@h/d",
    "mysql://kamailio:hunter2/kamailio",
  ];
  for (const url of wrong) {
    TableBench.files["/etc/url"] = url;
    for (const given of [url, { file: "url" }]) {
      const said = (await bench.loadKamailio({ url: given })).join("\n");
      assert.match(said, /f\.yaml:1:\d+: error: /);
      assert.doesNotMatch(said, /hunter2/);
    }
  }
  const said = (await bench.load({ sources: ["mysql://u:hunter2@h/d"], routes: [] })).join("\n");
  assert.match(said, /error/);
  assert.doesNotMatch(said, /hunter2/);
  bench.stop();
});

it("the configuration in force shows sources as a file that means the same, and no row of theirs", () =>
  withTable(async (bench, _, source) => {
    const given = {
      ...source,
      columns: { flags: "flags" },
      sets: { 1: "media" },
      poll: false,
      tls: true,
      cache: "/tmp/x",
    };
    await bench.loadKamailio(given, { sets: { media: { destinations: ["sip:10.9.9.9"] } } });
    const [before, shown] = [bench.config!, written(bench.config!)];
    assert.doesNotMatch(JSON.stringify(shown), /10\.0\.0\.2/);
    const again = buildConfig(shown, "/etc/f.yaml", fakeIo(), false, before.tables);
    assert.deepEqual(
      again.findings.filter(({ severity }) => severity === "error"),
      [],
    );
    assert.deepEqual([again.config?.sources, again.config?.sets], [before.sources, before.sets]);
  }));

it("noise in a table never crashes, and what is left of it is a configuration", () => {
  const parts = [
    "1",
    "sip:",
    "10.0.0.1",
    ":",
    "5060",
    ";",
    "=",
    "weight",
    "duid",
    "\0",
    "\n",
    "é",
    "@",
    "fs://",
    "[",
    "-",
    " ",
    "%",
    "x".repeat(300),
  ];
  fc.assert(
    fc.property(
      fc.array(
        fc.array(fc.option(fc.array(fc.constantFrom(...parts), { maxLength: 6 })), { minLength: 6, maxLength: 6 }),
        { maxLength: 30 },
      ),
      (cells) => {
        const columns = ["id", "setid", "destination", "flags", "priority", "attrs"];
        const rows = cells.map((row) => row.map((cell) => cell?.join("") ?? null));
        const section = {
          listeners: ["udp://127.0.0.1:5060"],
          sources: [{ kamailio: { url: "sqlite:///x" } }],
          routes: [{ drop: true }],
          admin: false,
        };
        const table = inOrder({ columns, rows }, "id");
        const { config, findings } = buildConfig(section, "/f.yaml", fakeIo(), false, new Map([["kamailio", table]]));
        assert.ok(config !== undefined, JSON.stringify(findings));
      },
    ),
    { numRuns: 200 },
  );
});

it("a table is imported as the file that says the same", () =>
  withTable(async (bench, database) => {
    const options = { ...NO_OPTIONS, listen: ["udp://127.0.0.1:5060"], algorithm: "weighted" };
    await database.run("UPDATE dispatcher SET flags = 4, priority = 3 WHERE id = 5");
    const { yaml, problems } = await importTable(database.urlText(), "dispatcher", options, fakeIo(), bench.reader);
    assert.deepEqual(
      problems.map(({ what }) => what),
      ["weighted does not look at priority"],
    );
    const { config } = readConfiguration(["/f.yaml"], NO_OPTIONS, fakeIo({ "/f.yaml": yaml ?? "" }));
    const [set] = config?.sets ?? [];
    assert.deepEqual(
      set?.destinations.map(({ name, weight, state, priority }) => `${name} ${weight} ${state} ${priority}`),
      ["sip:10.0.0.2 2 active 0", "sip:10.0.0.5 5 disabled 3", "sip:10.0.0.2#9 9 active 0"],
    );
    assert.deepEqual([set?.algorithm, set?.order, set?.probe], ["weighted", "kamailio", null]);
    const missing = await importTable(database.urlText(), "nothing", options, fakeIo(), bench.reader);
    assert.match(missing.problems[0]?.what ?? "", /table nothing cannot be read: no such table/);
  }));
