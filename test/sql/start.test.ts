// Whatever stands in a table, or does not any more: a start and a reload go on with what there is.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { reviewed } from "../../src/config/reviewed.ts";
import { createTable, insertRows, KAMAILIO, LOAD_BALANCER } from "./schemas.ts";
import { TableBench, withFile, withTable } from "./table-bench.ts";

const ERROR = /: error: /;

it("sets that only the table has may be named by routes, and come when the database does", () =>
  withFile(async (bench, database) => {
    const source = { url: database.urlText(), required: false, sets: { 1: "media" }, partition: "p", poll: "10s" };
    const section = {
      sources: [{ load_balancer: source }],
      routes: [
        { from_set: "media", set: "p.2" },
        { method: "OPTIONS", redirect: { set: "p.3" } },
        { sets: ["media", "p.4"], resources: ["pstn"] },
      ],
    };
    const said = (await bench.load(section)).join("\n");
    assert.doesNotMatch(said, ERROR);
    assert.match(said, /warning: set "media" has no destinations/);
    const names = ["media", "p.2", "p.3", "p.4"];
    assert.deepEqual(bench.config?.sets.map(({ name }) => name).toSorted(), names);
    const row = { group_id: 1, dst_uri: "sip:10.0.0.1", resources: "pstn=1" };
    await database.run(createTable(LOAD_BALANCER, "sqlite"), insertRows("load_balancer", [row]));
    await bench.pass(10_000);
    assert.deepEqual([bench.set("media").length, bench.config?.sets.length], [1, 4]);
    for (const name of ["p.1", "p.02", "2", "p.x", "mediq"])
      assert.match((await bench.load({ ...section, routes: [{ set: name }] })).join("\n"), ERROR, name);
  }));

it("a set that has lost its last row stays, empty, over reloads and changes", () =>
  withTable(async (bench, database, source) => {
    await database.run(insertRows("dispatcher", [{ id: 20, setid: 2, destination: "sip:10.0.0.7" }]));
    const load = () => bench.loadKamailio(source, { routes: [{ sets: ["1", "2"] }] });
    assert.deepEqual(await load(), []);
    await database.run("DELETE FROM dispatcher WHERE setid = 2");
    await bench.pass(10_000);
    assert.deepEqual(bench.set("2"), []);
    assert.doesNotMatch((await load()).join("\n"), ERROR);
    assert.deepEqual([bench.config?.sets.length, bench.set("1").length, bench.set("2")], [2, 3, []]);
    assert.notEqual(reviewed(bench.config!, { ...bench.config! }).config, null);
  }));

it("the last row with a resource that calls need may go; a file that lacks one is refused as ever", () =>
  withFile(async (bench, database) => {
    const row = { group_id: 1, dst_uri: "sip:10.0.0.1", resources: "pstn=1;transc=1" };
    await database.run(
      createTable(LOAD_BALANCER, "sqlite"),
      insertRows("load_balancer", [row, { ...row, resources: "pstn=1" }]),
    );
    const load = (sets = {}) => {
      const routes = [
        { set: "1", resources: ["transc"] },
        ...Object.keys(sets).map((set) => ({ set, resources: "fax" })),
      ];
      return bench.load({ sources: [{ load_balancer: { url: database.urlText(), name: "lb" } }], routes, sets });
    };
    assert.doesNotMatch((await load()).join("\n"), /transc/);
    await database.run("DELETE FROM load_balancer WHERE id = 1");
    assert.match((await load()).join("\n"), /warning: no destination of set "1" has the resource "transc"/);
    assert.equal(bench.set("1").length, 1);
    const own = { algorithm: "load-balancer", destinations: [{ uri: "sip:10.0.0.9", resources: "pstn=1" }] };
    assert.match((await load({ own })).join("\n"), /error: no destination of set "own" has the resource "fax"/);
  }));

it("rows that are refused are as a table that cannot be read: those of before, then those of the cache", () =>
  withTable(async (bench, database, source) => {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-cache-"));
    const given = { ...source, bad_rows: "refuse", cache: join(folder, "rows.json") };
    assert.deepEqual(await bench.loadKamailio(given), []);
    const before = bench.set("1");
    await bench.pass(0);
    await database.run("UPDATE dispatcher SET destination = '' WHERE id = 9");
    const start = async (more: object) => {
      const fresh = new TableBench();
      const said = (await fresh.loadKamailio({ ...given, ...more })).join("\n");
      fresh.stop();
      return { said, set: fresh.config === null ? null : fresh.set("1") };
    };
    const reloaded = (await bench.loadKamailio(given, { routes: [{ drop: true }] })).join("\n");
    assert.match(reloaded, /warning: kamailio, table dispatcher, id 9, column destination: it is empty: left out/);
    assert.match(reloaded, /warning: source .* has rows that make no destination \(its rows of before stay in use\)/);
    assert.deepEqual([bench.set("1"), bench.config?.routes[0]?.action.kind], [before, "drop"]);
    await bench.pass(10_000);
    assert.deepEqual([bench.changes, bench.said], [0, []], "the reload has told it");
    const cached = await start({});
    assert.match(cached.said, /warning: .* \(its rows of 2026-01-02T00:00:00/);
    assert.deepEqual(cached.set, before);
    const without = await start({ cache: join(folder, "none") });
    assert.match(without.said, /error: .* has rows that make no destination; there is no cache yet/);
    assert.equal(without.set, null);
    const optional = await start({ cache: join(folder, "none"), required: false });
    assert.doesNotMatch(optional.said, ERROR);
    assert.deepEqual(optional.set, []);
    await database.run("DELETE FROM dispatcher WHERE id = 9");
    await bench.pass(10_000);
    assert.deepEqual([bench.set("1"), bench.changes], [before.slice(0, 2), 1]);
    await rm(folder, { recursive: true });
  }));

it("without routes it starts without its table where it may, and the one set that comes gets the requests", () =>
  withFile(async (bench, database) => {
    const section = { sources: [{ kamailio: { url: database.urlText(), poll: "10s", required: false } }] };
    const said = (await bench.load(section)).join("\n");
    assert.doesNotMatch(said, ERROR);
    assert.match(said, /warning: there are no sets and no routes: nothing is forwarded until a table brings a set/);
    const row = { setid: 4, destination: "sip:10.0.0.1" };
    await database.run(createTable(KAMAILIO[3]!, "sqlite"), insertRows("dispatcher", [row]));
    await bench.pass(10_000);
    assert.deepEqual(
      bench.config?.routes.map(({ action }) => action),
      [{ kind: "dispatch", set: "4" }],
    );
    assert.deepEqual(await bench.load(section), []);
    await database.run("DELETE FROM dispatcher");
    const other = {
      sources: [{ kamailio: { ...section.sources[0]!.kamailio, name: "other", empty_table: "accept" } }],
    };
    assert.match((await bench.load(other)).join("\n"), /error: there are no sets and no routes/);
  }));

it("a number that no row has is told with the one that was probably meant, and why the set is empty", () =>
  withTable(async (bench, database, source) => {
    await database.run(insertRows("dispatcher", [{ id: 30, setid: 100, destination: "sip:10.0.0.7" }]));
    const said = (await bench.loadKamailio(source, { routes: [{ set: "101" }, { set: "1" }] })).join("\n");
    assert.match(
      said,
      /set "101" has no destinations: it would come from source kamailio, and no row of its table is in it/,
    );
    assert.match(said, /did you mean "100"\?/);
  }));

it("what is wrong with every row of a table is told of some of them, and how many more there are; of a file's, of each", () =>
  withTable(async (bench, database, source) => {
    const uris = Array.from({ length: 30 }, (_, at) => `sip:10.1.0.${at};transport=sctp`);
    await database.run(
      insertRows(
        "dispatcher",
        uris.map((destination) => ({ setid: 4, destination })),
      ),
    );
    const sets = { 4: { algorithm: "weighted", destinations: uris.map((uri) => uri.replace("10.1", "10.2")) } };
    const said = await bench.loadKamailio(source, { sets });
    const count = (pattern: RegExp) => said.filter((line) => pattern.test(line)).length;
    assert.deepEqual([count(/sip:10\.2\.\S+ is disabled/), count(/sip:10\.1\.\S+ is disabled/)], [30, 20]);
    assert.equal(count(/warning: the same is found about 10 more rows of set "4"/), 1, said.join("\n"));
  }));
