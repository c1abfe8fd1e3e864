// Databases that stop, hang and lie while calls go on. MariaDB and PostgreSQL, each behind a relay that the test turns.
import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseServer } from "../kit/database-server.ts";
import { freshDatabase, type TestDatabase } from "../kit/databases.ts";
import { RawCallee, RawCalls } from "../kit/raw-calls.ts";
import { RawLine } from "../kit/raw-line.ts";
import { Relay, type RelayMode } from "../kit/relay.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";
import { createTable, insertRows, KAMAILIO } from "../sql/schemas.ts";

const TITLE =
  "databases that stop, hang and lie during 100 calls/s, with reloads: no call fails, and new rows come when they are back";
const RATE = 100;
/** After several failures the next look comes up to 8 seconds later. */
const PATIENCE = 30_000;

const [mysql, postgresql] = [await databaseServer("mysql"), await databaseServer("postgresql")];
if ("skip" in mysql) test(TITLE, { skip: mysql.skip }, () => {});
else if ("skip" in postgresql) test(TITLE, { skip: postgresql.skip }, () => {});
else
  scenario(TITLE, { io: "batched" }, async ({ lb }) => {
    const callees = [new RawCallee(), new RawCallee(), new RawCallee()] as const;
    await Promise.all(callees.map(({ opened }) => opened));
    const databases = [await freshDatabase(mysql), await freshDatabase(postgresql)] as const;
    const relays = [await Relay.open(mysql.port), await Relay.open(postgresql.port)] as const;
    try {
      for (const [i, { run, url }] of databases.entries())
        await run(
          createTable(KAMAILIO[3]!, url.engine),
          insertRows("dispatcher", [{ setid: 1, destination: callees[i]!.uri }]),
        );
      const source = (i: 0 | 1) => ({
        kamailio: {
          url: databases[i].urlText(relays[i].port),
          poll: "1s",
          timeout: "2s",
          defaults: { probe: false },
        },
      });
      await lb.runs({ ...lb.bothTransports, sources: [source(0), source(1)], routes: [{ set: "1" }] });
      const lines = await Promise.all([1, 2, 3, 4].map(() => RawLine.open("tcp", lb.address)));
      const calls = new RawCalls();
      let isOver = false;
      const running = calls.run(lines, RATE, () => isOver);
      const destinations = async () => (await lb.admin("GET", "/destinations")).body;
      const shows = (uri: string) => async () => (await destinations()).includes(uri);
      for (const mode of ["refuses", "is silent", "lies"] satisfies RelayMode[]) {
        for (const relay of relays) relay.turn(mode);
        const { status, body } = await lb.admin("POST", "/reload");
        assert.equal(status, 200);
        assert.equal(body.match(/its rows of before stay in use/g)?.length, 2, body);
      }
      assert.deepEqual([await lb.metric("fairlead_source_up"), await lb.metric("fairlead_source_rows")], [0, 2]);
      await databases[0].run(insertRows("dispatcher", [{ setid: 1, destination: callees[2].uri }]));
      await databases[1].run("DELETE FROM dispatcher");
      assert.equal(await shows(callees[2].uri)(), false);
      for (const relay of relays) relay.turn("passes");
      await until("the new row", shows(callees[2].uri), PATIENCE);
      // A table that is empty all of a sudden is not believed.
      assert.equal(await shows(callees[1].uri)(), true);
      isOver = true;
      await running;
      await until("the last calls", () => calls.open === 0, PATIENCE).catch(() => calls.giveUp());
      console.log(`calls during outages: ${calls.done} of ${calls.begun} succeeded`);
      assert.deepEqual(calls.failures.slice(0, 5), []);
      for (const line of lines) line.close();
    } finally {
      for (const relay of relays) await relay.close();
      for (const database of databases) await (database as TestDatabase).drop();
      for (const callee of callees) callee.close();
    }
  });
