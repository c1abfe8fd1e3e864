// A table that is refused: why, until when, and what whoever watches is told.
import assert from "node:assert/strict";
import { it } from "node:test";
import { Registry } from "prom-client";
import { registerSources } from "../../src/admin/source-metrics.ts";
import { fakeBackend } from "../../src/admin/testing/fake-backend.ts";
import { sourceResources } from "../../src/admin/views.ts";
import { fakeIo, NO_OPTIONS } from "../../src/config/io-fake.ts";
import { readConfiguration } from "../../src/config/open.ts";
import { insertRows } from "./schemas.ts";
import { withTable } from "./table-bench.ts";

it("what a reload would refuse does not come in with a table, and does once there is room for it", () =>
  withTable(async (bench, database, source) => {
    const optional = { kamailio: { ...source, required: false } };
    await database.run(insertRows("dispatcher", [{ setid: 2, destination: "sip:10.0.0.7" }]));
    await database.run("ALTER TABLE dispatcher RENAME TO elsewhere");
    await bench.load({ sources: [optional] });
    assert.deepEqual(bench.config?.sets, []);
    await database.run("ALTER TABLE elsewhere RENAME TO dispatcher");
    for (let i = 0; i < 5; i++) await bench.pass(10_000);
    const reason = "there are 2 sets and no routes";
    assert.deepEqual([bench.changes, bench.config?.sets, bench.view().refusal], [0, [], reason]);
    assert.equal(bench.said.filter((line) => line.includes(reason)).length, 1, bench.said.join("\n"));
    assert.match((await bench.load({ sources: [optional] })).join(), /there are 2 sets and no routes/);
    const { config } = readConfiguration(
      ["/etc/f.yaml"],
      NO_OPTIONS,
      fakeIo({
        "/etc/f.yaml": 'listeners: ["udp://127.0.0.1:5060"]\nroutes: [{reject: {status: 503}}]\nsets: {x: {}}',
      }),
    );
    bench.config = { ...bench.config!, routes: config!.routes };
    await bench.pass(10_000);
    assert.deepEqual([bench.view().refusal, bench.config.sets.map(({ name }) => name)], ["", ["1", "2"]]);
  }));

it("a table that goes back to what is in force is refused no more", () =>
  withTable(async (bench, database, source) => {
    await bench.loadKamailio({ ...source, bad_rows: "refuse" });
    await database.run("UPDATE dispatcher SET destination = 'sip:' WHERE id = 9");
    await bench.pass(10_000);
    const { backend } = fakeBackend();
    const watched = { ...backend, sources: () => [bench.view()] };
    const [told] = sourceResources(watched);
    assert.match(told?.error ?? "", /^what it has was refused: .*id 9, column destination: "" is not a host/);
    const metric = async () => {
      const registry = new Registry();
      registerSources(registry, watched);
      return (await registry.metrics()).match(/source_refused\{source="kamailio"\} (\d)/)?.[1];
    };
    assert.equal(await metric(), "1");
    await database.run("UPDATE dispatcher SET destination = 'sip:10.0.0.2' WHERE id = 9");
    await bench.pass(10_000);
    assert.deepEqual([bench.view().serving, bench.view().refusal], ["table", ""]);
    assert.deepEqual([sourceResources(watched)[0]?.error, await metric()], [null, "0"]);
  }));
