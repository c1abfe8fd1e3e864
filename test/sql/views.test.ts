// What whoever watches over sources is told about them.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { insertRows } from "./schemas.ts";
import { ROWS, TableBench, withTable } from "./table-bench.ts";

it("a source says when it was read, when it is read again, and which rows make no destination, with reasons", () =>
  withTable(async (bench, database, source) => {
    await database.run(insertRows("dispatcher", [{ id: 11, setid: 1, destination: "sip:" }]));
    await bench.loadKamailio(source);
    await bench.pass(2_500);
    const { place, ...view } = bench.view();
    assert.deepEqual(view, {
      name: "kamailio",
      kind: "kamailio",
      rows: 4,
      serving: "table",
      failure: "",
      refusal: "",
      age: 2.5,
      next: 7.5,
      cacheFailure: "",
      skipped: 1,
      remarks: ['id 11, column destination: "" is not a host: left out'],
    });
    assert.match(place, /, table dispatcher$/);
  }));

it("a table that cannot be read any more is told as one of before, with the reason and the next try", () =>
  withTable(async (bench, database, source) => {
    await bench.loadKamailio(source);
    await database.run("ALTER TABLE dispatcher RENAME TO elsewhere");
    await bench.pass(10_000);
    const { serving, failure, age, next, rows } = bench.view();
    assert.deepEqual([serving, age, next, rows], ["earlier", 10, 1, 3]);
    assert.match(failure, /no such table/);
    await database.run("ALTER TABLE elsewhere RENAME TO dispatcher");
    await bench.pass(1_000);
    assert.deepEqual([bench.view().serving, bench.view().failure, bench.view().age], ["table", "", 0]);
  }));

it("rows that were refused are told while those of before are in force", () =>
  withTable(async (bench, database, source) => {
    await bench.loadKamailio({ ...source, bad_rows: "refuse" });
    await database.run("UPDATE dispatcher SET destination = 'sip:' WHERE id = 9");
    await bench.pass(10_000);
    assert.deepEqual([bench.view().serving, bench.view().skipped], ["earlier", 0]);
    assert.match(bench.view().refusal, /id 9, column destination: "" is not a host/);
    await database.run("UPDATE dispatcher SET destination = 'sip:10.0.0.9' WHERE id = 9");
    await bench.pass(10_000);
    assert.deepEqual([bench.view().serving, bench.view().refusal], ["table", ""]);
  }));

it("rows of the cache are told as such, as long as this process has not read the table", () =>
  withTable(async (bench, database, source) => {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-views-"));
    const cached = { ...source, cache: join(folder, "cache.json") };
    await bench.loadKamailio(cached);
    await bench.pass(0);
    await database.run("ALTER TABLE dispatcher RENAME TO elsewhere");
    const later = new TableBench();
    await later.loadKamailio(cached);
    const { serving, age, rows, failure } = later.view();
    assert.deepEqual([serving, age, rows], ["cache", -1, 3]);
    assert.match(failure, /no such table/);
    await database.run("ALTER TABLE elsewhere RENAME TO dispatcher");
    await later.pass(1_000);
    assert.deepEqual([later.view().serving, later.view().age], ["table", 0]);
    later.stop();
    await rm(folder, { recursive: true });
  }));

it("a table that is only read on command is read on command, and by nobody else's", () =>
  withTable(async (bench, database, source) => {
    await bench.loadKamailio({ ...source, poll: false });
    assert.equal(bench.view().next, -1);
    await database.run("DELETE FROM dispatcher WHERE id = 5");
    await bench.pass(100_000);
    await bench.lookNow("another");
    assert.equal(bench.view().rows, ROWS.length);
    await Promise.all([bench.lookNow("kamailio"), bench.lookNow(), bench.pass(0)]);
    assert.deepEqual([bench.view().rows, bench.view().age, bench.changes], [ROWS.length - 1, 0, 1]);
  }));
