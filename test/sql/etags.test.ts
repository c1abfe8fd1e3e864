// Tags of what a table has: who has not seen a row's change does not overwrite it.
import assert from "node:assert/strict";
import { it } from "node:test";
import { ConfigurationDocument } from "../../src/admin/document.ts";
import { fakeBackend } from "../../src/admin/testing/fake-backend.ts";
import { written } from "../../src/config/written.ts";
import { writtenSets } from "../../src/config/written-sets.ts";
import { freshFile } from "../kit/databases.ts";
import { createTable, insertRows, KAMAILIO } from "./schemas.ts";
import { TableBench } from "./table-bench.ts";

it("a row that changes changes the tags of its destination and its set, and no others", async () => {
  const database = await freshFile();
  const bench = new TableBench();
  try {
    const rows = [1, 2].map((setid) => ({ id: setid, setid, destination: `sip:10.0.0.${setid}`, attrs: "weight=1" }));
    await database.run(createTable(KAMAILIO[3]!, "sqlite"), insertRows("dispatcher", rows));
    const sets = { 1: { algorithm: "weighted", destinations: ["sip:10.9.9.9"] } };
    await bench.loadKamailio({ url: database.urlText(), poll: "10s" }, { sets });
    const { backend } = fakeBackend();
    const [shown] = backend.destinations();
    const document = new ConfigurationDocument({
      ...backend,
      process: () => ({ ...backend.process(), generation: bench.changes }),
      config: () => written(bench.config!),
      wholeSets: () => writtenSets(bench.config!.sets, true),
    });
    const one = (set: string, name: string) => document.destinationTag({ ...shown!, set, name, configured: name });
    const tags = () => ({
      row: one("1", "sip:10.0.0.1"),
      set: document.setTag("1"),
      sets: document.setsTag,
      neighbour: one("1", "sip:10.9.9.9"),
      otherSet: document.setTag("2"),
      otherRow: one("2", "sip:10.0.0.2"),
      routes: document.routesTag,
      // Of the file, in which no rows are.
      all: document.tag,
    });
    const before = tags();
    assert.equal(new Set(Object.values(before)).size, 8);
    await database.run("UPDATE dispatcher SET attrs = 'weight=77' WHERE id = 1");
    await bench.pass(10_000);
    assert.equal(bench.changes, 1);
    const after = tags();
    const changed = Object.keys(before).filter((key) => Object(before)[key] !== Object(after)[key]);
    assert.deepEqual(changed, ["row", "set", "sets"]);
  } finally {
    bench.stop();
    await database.drop();
  }
});
