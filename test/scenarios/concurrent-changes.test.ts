// Operators, scripts and databases at the same time: changes over the API, signals, reloads and tables that change, all at once,
// while calls go on.
import assert from "node:assert/strict";
import { freshFile } from "../kit/databases.ts";
import { RawCallee, RawCalls } from "../kit/raw-calls.ts";
import { RawLine } from "../kit/raw-line.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";
import { createTable, insertRows, KAMAILIO } from "../sql/schemas.ts";

const RATE = 50;
/** Of each of those who make changes. */
const TIMES = 25;
const PATIENCE = 30_000;

interface Applied {
  readonly generation: number;
  readonly changes: readonly { readonly after: unknown }[];
}

interface Shown {
  readonly set: string;
  readonly name: string;
  readonly weight: number;
}

scenario(
  "changes, signals, reloads and table reloads at once: none is lost or torn, no call fails, and the last word of each holds",
  { io: "batched", limit: 120_000 },
  async ({ lb }) => {
    const callees = [new RawCallee(), new RawCallee()] as const;
    await Promise.all(callees.map(({ opened }) => opened));
    const database = await freshFile();
    let isOver = false;
    const row = (id: number, uri: string, weight: number) => ({
      id,
      setid: 1,
      destination: uri,
      attrs: `weight=${weight}`,
    });
    try {
      await database.run(createTable(KAMAILIO[3]!, "sqlite"), insertRows("dispatcher", [row(1, callees[0].uri, 1)]));
      const source = { url: database.urlText(), poll: "1s", defaults: { probe: false, algorithm: "weighted" } };
      const own = { algorithm: "weighted", probe: false, destinations: [callees[1].uri] };
      await lb.runs({
        ...lb.bothTransports,
        sources: [{ kamailio: source }],
        sets: { own },
        routes: [{ sets: ["1", "own"] }],
      });
      const lines = await Promise.all([1, 2].map(() => RawLine.open("tcp", lb.address)));
      const calls = new RawCalls();
      const running = calls.run(lines, RATE, () => isOver);

      const generations: number[] = [];
      const destination = (set: string, uri: string) => `/destinations/${set}/${encodeURIComponent(uri)}`;
      const change = async (path: string, weight: number) => {
        const { status, body } = await lb.admin("PATCH", path, { weight });
        assert.equal(status, 200, body);
        const { generation, changes } = JSON.parse(body) as Applied;
        generations.push(generation);
        return changes.map(({ after }) => after);
      };
      const times = async (work: (time: number) => Promise<unknown>) => {
        for (let time = 1; time <= TIMES; time++) await work(time);
      };
      const reload = async (path: string) => assert.equal((await lb.admin("POST", path)).status, 200);
      await Promise.all([
        times((time) => change(destination("own", callees[1].uri), 100 + time)),
        times((time) => change(destination("1", callees[0].uri), 200 + time)),
        times(() => reload("/reload")),
        times(() => reload("/sources/reload")),
        times(async () => {
          lb.process!.signal("SIGHUP");
          await new Promise((done) => setTimeout(done, 40));
        }),
        times((time) => database.run(`UPDATE dispatcher SET attrs = 'weight=${time}' WHERE id = 1`)),
      ]);
      assert.equal(generations.length, 2 * TIMES);
      assert.equal(new Set(generations).size, 2 * TIMES, "each change is a configuration of its own");

      // The last word of each: the table's, after a look at it; the API's, where nobody has said anything since; the file's.
      const weights = async () => {
        const shown = JSON.parse((await lb.admin("GET", "/destinations")).body) as Shown[];
        return Object.fromEntries(shown.map(({ set, weight }) => [set, weight]));
      };
      await reload("/reload");
      assert.deepEqual(await weights(), { 1: TIMES, own: 1 });
      await database.run("UPDATE dispatcher SET attrs = 'weight=77' WHERE id = 1");
      await reload("/sources/reload");
      assert.deepEqual(await change(destination("own", callees[1].uri), 9), [9]);
      assert.deepEqual(await weights(), { 1: 77, own: 9 });
      assert.deepEqual(await change(destination("1", callees[0].uri), 8), [8], "what a table has is compared, too");

      isOver = true;
      await running;
      await until("the last calls", () => calls.open === 0, PATIENCE).catch(() => calls.giveUp());
      console.log(`calls during ${6 * TIMES} changes at once: ${calls.done} of ${calls.begun} succeeded`);
      assert.deepEqual(calls.failures.slice(0, 5), []);
      for (const line of lines) line.close();
    } finally {
      isOver = true;
      await database.drop();
      for (const callee of callees) callee.close();
    }
  },
);
