import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AdminClient } from "../../src/admin/client.ts";
import type { Destination } from "../kit/destination.ts";
import type { Phone } from "../kit/phone.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";
import { createTable, insertRows, KAMAILIO } from "../sql/schemas.ts";
import { TableBench } from "../sql/table-bench.ts";

/** A file with Kamailio's table; the folder goes when the test has ended. */
async function withTable(
  work: (url: string, sql: (text: string) => void, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fairlead-table-"));
  const file = join(folder, "kamailio.db");
  const sql = (text: string) => {
    const database = new DatabaseSync(file);
    database.exec(text);
    database.close();
  };
  sql(createTable(KAMAILIO[3]!, "sqlite"));
  try {
    await work(`sqlite://${file}`, sql, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function reaches(phone: Phone, destination: Destination): Promise<boolean> {
  await phone.invites("sip:bob@example.com");
  return destination.calls.length > 0;
}

const QUIET = { probe: false };

scenario(
  "without its database it starts with the cached rows, and goes on when the database is there",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(200), destination.answers(200)];
    await Promise.all([first.opened, second.opened]);
    await withTable(async (url, sql, folder) => {
      sql(insertRows("dispatcher", [{ setid: 1, destination: first.uri }]));
      const cache = join(folder, "rows.json");
      const file = url.slice("sqlite://".length);
      // Another process had it, and has left its cache.
      const earlier = new TableBench();
      await earlier.loadKamailio({ url, cache });
      await earlier.pass(0);
      earlier.stop();
      assert.equal((await stat(cache)).mode & 0o777, 0o600);
      await rm(file);
      await lb.runs({ sources: [{ kamailio: { url, cache, poll: "1s", defaults: QUIET } }] });
      assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
      const told = /unable to open database file \(its rows of /;
      await until("the log to say so", () => lb.process!.log.some(({ text }) => told.test(text)));
      // A file that is no database is no table either.
      await writeFile(file, "this is not a database, and longer than a header of one would be".repeat(20));
      await lb.reload();
      assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
      await rm(file);
      sql(createTable(KAMAILIO[0]!, "sqlite"));
      sql(insertRows("dispatcher", [{ setid: 1, destination: second.uri }]));
      await until("a call at the new row", () => reaches(phone, second));
      // Whoever comes with an id that nobody knows gets all events that are remembered.
      for await (const event of new AdminClient(lb.adminUrl).events(["configuration.applied"], "none"))
        if (event.type === "configuration.applied" && event.cause === "table") break;
      await until("the new row in the cache", async () => (await readFile(cache, "utf8")).includes(second.uri));
    });
  },
);
