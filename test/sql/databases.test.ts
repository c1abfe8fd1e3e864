// What every database must do alike, against the real servers.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DatabaseUrl } from "../../src/config/values/database-url.ts";
import { writtenSets } from "../../src/config/written-sets.ts";
import { databaseServer } from "../kit/database-server.ts";
import { freshDatabase, freshFile, type TestDatabase } from "../kit/databases.ts";
import { Relay } from "../kit/relay.ts";
import { createTable, insertRows, KAMAILIO, LOAD_BALANCER, OPENSIPS } from "./schemas.ts";
import { TableBench } from "./table-bench.ts";

const servers = { mysql: await databaseServer("mysql"), postgresql: await databaseServer("postgresql") };

for (const engine of ["mysql", "postgresql", "sqlite"] as const) {
  const server = engine === "sqlite" ? null : servers[engine];
  const skip = server !== null && "skip" in server ? server.skip : false;
  describe(`tables in ${engine}`, { skip }, () => {
    it("of Kamailio are read in their documented schemas, versions 1 to 4, as they are", () =>
      withDatabase(server, async (database, bench) => {
        for (const schema of KAMAILIO) {
          const has = (name: string) => schema.columns.some((column) => column.name === name);
          const rows = [
            { setid: 1, destination: "sip:10.0.0.1:5080", flags: 1, priority: 7, attrs: "duid=b;weight=60;maxload=9" },
            {
              setid: 1,
              destination: "10.0.0.2",
              flags: 0,
              priority: -7,
              attrs: "weight=40;socket=udp:127.0.0.1:5062;x=ü",
            },
            { setid: 22, destination: "sip:10.0.0.3", flags: 4, priority: 0, attrs: "" },
          ].map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => has(name))));
          const table = `dispatcher_${schema.version}`;
          await database.run(createTable(schema, engine, table), insertRows(table, rows));
          const defaults = { algorithm: "kamailio:9" };
          const said = await bench.loadKamailio({ url: database.urlText(), table, defaults });
          assert.deepEqual(
            said.filter((line) => !line.includes("all are disabled")),
            [],
          );
          const [state, priority] = [has("flags") ? "inactive" : "active", has("priority") ? [7, -7] : [0, 0]];
          const [first, name] = has("attrs") ? [60, "b"] : [0, "sip:10.0.0.1:5080"];
          const expected = [
            `${name} ${first} ${priority[0]} ${state}`,
            `sip:10.0.0.2 ${has("attrs") ? 40 : 0} ${priority[1]} active`,
          ];
          assert.deepEqual(bench.set("1"), expected, `version ${schema.version}`);
          assert.deepEqual(bench.set("22"), [`sip:10.0.0.3 0 0 ${has("flags") ? "disabled" : "active"}`]);
        }
        const [one, two] = bench.config?.sets[0]?.destinations ?? [];
        assert.deepEqual([one?.maxCalls, two?.listener, two?.attrs], [9, "inside", { x: "ü" }]);
      }));

    it("of OpenSIPS are read with state, weight and partition", () =>
      withDatabase(server, async (database, bench) => {
        const row = {
          setid: 3,
          destination: "sip:10.0.0.1",
          socket: "udp:127.0.0.1:5062",
          state: 0,
          weight: "5",
          attrs: "a b",
          probe_mode: 0,
        };
        await database.run(
          createTable(OPENSIPS, engine),
          insertRows("dispatcher", [
            row,
            {
              ...row,
              destination: "sip:u@10.0.0.2?x=1",
              state: 1,
              weight: "fs://:secret@10.0.0.9",
              socket: null,
              attrs: null,
            },
            { ...row, destination: "sip:10.0.0.3", state: 2, weight: "0", socket: null, probe_mode: 1 },
            { ...row, destination: "sip:10.0.0.4", weight: "fs://secret@10.0.0.9" },
          ]),
        );
        const source = { url: database.urlText(), partition: "trunks", defaults: { algorithm: "opensips:4" } };
        const said = await bench.load({ sources: [{ opensips: source }], routes: [{ set: "trunks.3" }] });
        assert.deepEqual(bench.set("trunks.3"), [
          "sip:10.0.0.1 5 0 active",
          "sip:u@10.0.0.2 100 0 disabled",
          "sip:10.0.0.3 0 0 inactive",
        ]);
        assert.deepEqual(bench.config?.sets[0]?.destinations[0]?.attrs, { attrs: "a b" });
        assert.deepEqual(
          bench.config?.sets[0]?.destinations.map(({ probe }) => probe),
          ["default", "default", "always"],
        );
        assert.equal(said.length, 2, said.join("\n"));
        assert.doesNotMatch(said.join("\n"), /secret/);
        assert.match(said.join("\n"), /id 4, column weight: the URL of the event socket has no password.*: left out/);
        const [, told] = writtenSets(bench.config?.sets ?? [], true)["trunks.3"]?.destinations ?? [];
        assert.equal(typeof told === "object" ? told.weight : "", "fs://10.0.0.9:8021");
      }));

    it("of OpenSIPS's load_balancer are read with their resources", () =>
      withDatabase(server, async (database, bench) => {
        const row = { group_id: 7, dst_uri: "sip:10.0.0.1", resources: "pstn=32; transc/s=100", probe_mode: 2 };
        await database.run(
          createTable(LOAD_BALANCER, engine),
          insertRows("load_balancer", [
            row,
            { ...row, resources: "pstn=fs://:secret@10.0.0.9; transc=3" },
            { ...row, resources: "pstn", probe_mode: 0 },
            { ...row, dst_uri: "sip:10.0.0.2", resources: "pstn=1", probe_mode: 0 },
            { ...row, resources: "pstn=fs://secret@10.0.0.9" },
            { ...row, dst_uri: "sip:10.0.0.3", resources: "pstn=1", probe_mode: 1 },
          ]),
        );
        const source = { url: database.urlText(), sets: { 7: "gateways" } };
        const routes = [{ set: "gateways", resources: ["pstn"] }];
        const said = await bench.load({ sources: [{ load_balancer: source }], routes });
        const [set] = bench.config?.sets ?? [];
        assert.deepEqual(
          writtenSets(bench.config?.sets ?? [], true).gateways?.destinations?.map((one) =>
            typeof one === "string" ? [] : [one.name, one.resources, one.probe],
          ),
          [
            ["1", { pstn: 32, transc: 100 }, "always"],
            ["2", { pstn: "fs://10.0.0.9:8021", transc: 3 }, "always"],
            ["4", { pstn: 1 }, "never"],
            ["6", { pstn: 1 }, "down"],
          ],
        );
        assert.equal(set?.algorithm, "load-balancer");
        assert.match(said.join("\n"), /id 5, column resources: pstn: the URL of the event socket has no password/);
        assert.match(said.join("\n"), /id 3, column resources: pstn: "" is not a capacity: left out/);
        assert.doesNotMatch(said.join("\n"), /secret/);
      }));

    it("with rows that make no destination: each is named by key, column and reason", () =>
      withDatabase(server, async (database, bench) => {
        const loose = `CREATE TABLE loose (id INTEGER, grp VARCHAR(20), destination VARCHAR(300), flags VARCHAR(20), priority VARCHAR(20), attrs VARCHAR(400), wt VARCHAR(9))`;
        const good = { id: 1, grp: "1", destination: "sip:10.0.0.1", flags: "0", priority: null, attrs: null, wt: "7" };
        await database.run(
          loose,
          insertRows("loose", [
            { ...good, id: 9, grp: null },
            { ...good, id: 8, grp: "one" },
            { ...good, id: 7, grp: "-1" },
            { ...good, id: 6, destination: null },
            { ...good, id: 5, destination: "sip:10.0.0.1:99999" },
            { ...good, id: 4, flags: "99999999999" },
            { ...good, id: 3, attrs: "socket=udp:9.9.9.9:5060" },
            { ...good, id: 2, wt: null },
            good,
          ]),
        );
        const source = {
          url: database.urlText(),
          table: "loose",
          columns: { setid: "grp" },
          defaults: { algorithm: "weighted" },
          extra_attrs: { weight: "wt" },
        };
        const said = (await bench.loadKamailio(source)).map((line) => line.replace(/^.*table loose, /, ""));
        assert.deepEqual(said, [
          'id 4, column flags: "99999999999" is not 0 to 2147483647: left out',
          'id 5, column destination: "99999" is not a port: left out',
          "id 6, column destination: it is NULL: left out",
          'id 7, column grp: "-1" is not 0 to 2147483647: left out',
          'id 8, column grp: "one" is not a whole number: left out',
          "id 9, column grp: it is NULL: left out",
          'id 3, column attrs: socket "udp:9.9.9.9:5060" is not one of the listeners (udp://127.0.0.1:5060, udp://127.0.0.1:5062): left out',
        ]);
        assert.deepEqual(bench.set("1"), ["sip:10.0.0.1 7 0 active", "sip:10.0.0.1#2 0 0 active"]);
        const refused = await bench.loadKamailio({ ...source, bad_rows: "refuse" });
        assert.equal(refused.length, 8);
        assert.match(refused[0] ?? "", /error: /);
        const missing = await bench.loadKamailio({ ...source, columns: { setid: "grup" } });
        assert.match(missing.join(), /table loose has no column "grup" \(did you mean "grp"\?\)/);
      }));

    it("with numbers that JavaScript has no room for: they are read to the last digit", () =>
      withDatabase(server, async (database, bench) => {
        const row = { id: 1, setid: 1, destination: "sip:10.0.0.1", account: 7 };
        await database.run(
          "CREATE TABLE numbered (id INTEGER, setid INTEGER, destination VARCHAR(300), account BIGINT)",
          insertRows("numbered", [row]),
        );
        const extra_attrs = { account: "account" };
        const source = { url: database.urlText(), table: "numbered", extra_attrs, defaults: { probe: false } };
        assert.deepEqual(await bench.loadKamailio(source), []);
        assert.deepEqual(bench.config?.sets[0]?.destinations[0]?.attrs, { account: "7" });
        await database.run("UPDATE numbered SET account = 9007199254740993");
        assert.deepEqual(await bench.loadKamailio(source), []);
        assert.deepEqual(bench.config?.sets[0]?.destinations[0]?.attrs, { account: "9007199254740993" });
        assert.deepEqual(bench.set("1"), ["sip:10.0.0.1 1 0 active"]);
      }));

    if (server === null || "skip" in server) return;
    it("behind a server that is gone, silent or lying: the rows of before stay, and the reader survives", () =>
      withDatabase(server, async (database, bench) => {
        const relay = await Relay.open(server.port);
        await database.run(
          createTable(KAMAILIO[3]!, engine),
          insertRows("dispatcher", [{ setid: 1, destination: "sip:10.0.0.1" }]),
        );
        const source = { url: database.urlText(relay.port), poll: "10s", timeout: "1500ms" };
        assert.deepEqual(await bench.loadKamailio(source), []);
        for (const mode of ["refuses", "is silent", "lies"] as const) {
          relay.turn(mode);
          const taken = relay.connections;
          await bench.pass(100_000);
          assert.equal(relay.connections, taken + 1, mode);
          assert.notEqual(bench.sources.stateOf(bench.config!.sources[0]!).failure, "", mode);
          assert.deepEqual(bench.set("1"), ["sip:10.0.0.1 1 0 active"]);
          // Back-off: not before a second, then two.
          await bench.pass(900);
          assert.equal(relay.connections, taken + 1);
          // A reload says so; it would wait for the silent as long again.
          if (mode !== "refuses") continue;
          const said = await bench.loadKamailio(source);
          assert.match(said.join(), /cannot be read: .* \(its rows of before stay in use\)/);
        }
        relay.turn("passes");
        await database.run(insertRows("dispatcher", [{ setid: 1, destination: "sip:10.0.0.2" }]));
        await bench.pass(30_000);
        assert.deepEqual(bench.set("1"), ["sip:10.0.0.1 1 0 active", "sip:10.0.0.2 1 0 active"]);
        assert.match(bench.said.join("\n"), /a source can be read again/);
        await relay.close();
      }));
  });
}

async function withDatabase(
  server: DatabaseUrl | { skip: string } | null,
  work: (database: TestDatabase, bench: TableBench) => Promise<void>,
): Promise<void> {
  const database = server === null || "skip" in server ? await freshFile() : await freshDatabase(server);
  const bench = new TableBench();
  try {
    await work(database, bench);
  } finally {
    bench.stop();
    await database.drop();
  }
}
