// Resources keep their rows over reloads: what is in use stays counted where it was taken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import type { Config } from "../config/schema.ts";
import { compileResources, freshResourceRows, neededBits } from "./resource-table.ts";
import { type RowPlan, RowPlans } from "./row-plans.ts";
import { rowsOf } from "./rows.ts";
import { configOf } from "./testing/config.ts";

type Sets = Readonly<Record<string, readonly (readonly [string, object])[]>>;

function file(sets: Sets, more: object = {}): Config {
  const entries = Object.entries(sets).map(([name, members]) => {
    const destinations = members.map(([uri, resources]) => ({ uri, resources }));
    return [name, { destinations, ...more }] as const;
  });
  const [first = ""] = Object.keys(sets);
  return configOf({ listeners: ["udp://127.0.0.1:5060"], sets: Object.fromEntries(entries), routes: [{ set: first }] });
}

function lab() {
  const live = new LiveTables(createLiveTablesMemory(1));
  const time = { now: 1 };
  const plans = new RowPlans(live, { oldestGeneration: () => generation, clock: () => time.now });
  let generation = 0;
  const reload = (config: Config): RowPlan => {
    const plan = plans.plan(config, rowsOf(config, new Map()));
    assert.ok("resources" in plan, JSON.stringify(plan));
    plans.commit(plan, ++generation);
    return plan;
  };
  const refused = (config: Config) => {
    const plan = plans.plan(config, rowsOf(config, new Map()));
    assert.ok("what" in plan);
    return plan.what;
  };
  return { live, time, reload, refused };
}

const numbers = ({ resources }: RowPlan) => Object.fromEntries(resources.numbers);
const A = "sip:10.0.0.1";
const B = "sip:10.0.0.2";

test("names keep their numbers and servers their accounts, whatever comes before them in the file", () => {
  const { reload } = lab();
  const first = reload(file({ x: [[A, { pstn: 1, transc: 2 }]] }));
  assert.deepEqual([numbers(first), first.resources.accounts], [{ pstn: 0, transc: 1 }, [0]]);
  const second = reload(
    file({
      x: [
        [B, { fax: 9, transc: 2 }],
        [A, { transc: 1, pstn: 5 }],
      ],
    }),
  );
  assert.deepEqual([numbers(second), second.resources.accounts], [{ fax: 2, transc: 1, pstn: 0 }, [1, 0]]);
  assert.deepEqual(
    reload(
      file({
        x: [
          [B, {}],
          [A, { pstn: 5 }],
        ],
      }),
    ).resources.accounts,
    [-1, 0],
  );
});

test("a server in two sets has one account, also where its port goes without saying; unless the sets share nothing", () => {
  const sets: Sets = {
    x: [[A, { pstn: 1 }]],
    y: [
      [`${A}:5060`, { pstn: 1 }],
      [`${A}:5070`, { pstn: 1 }],
    ],
  };
  assert.deepEqual(lab().reload(file(sets)).resources.accounts, [0, 0, 1]);
  assert.deepEqual(lab().reload(file(sets, { resources: { shared: false } })).resources.accounts, [0, 1, 2]);
});

test("a name or an account that is in use is given to nobody else, and both rest for 10 minutes", () => {
  const { live, time, reload } = lab();
  reload(file({ x: [[A, { pstn: 1 }]] }));
  live.resources.force(0, 0, 0b1);
  const gone = reload(file({ x: [[B, { fax: 1 }]] }));
  assert.deepEqual([numbers(gone), gone.resources.accounts], [{ fax: 1 }, [1]]);
  time.now += 600_001;
  const later = reload(
    file({
      x: [
        [B, { fax: 1 }],
        ["sip:10.0.0.3", { voice: 1 }],
      ],
    }),
  );
  assert.deepEqual([numbers(later), later.resources.accounts], [{ fax: 1, voice: 2 }, [1, 2]]);
  live.resources.give(0, 0, 0b1);
  const free = reload(
    file({
      x: [
        [B, { fax: 1 }],
        ["sip:10.0.0.4", { data: 1 }],
      ],
    }),
  );
  assert.deepEqual([numbers(free), free.resources.accounts], [{ fax: 1, data: 0 }, [1, 0]]);
  // Who comes back finds what it left.
  assert.deepEqual(reload(file({ x: [["sip:10.0.0.3", { voice: 1 }]] })).resources.accounts, [2]);
});

test("more names than there are numbers are refused, with those that still rest", () => {
  const { time, reload, refused } = lab();
  const many = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${from + i}`, 1]));
  reload(file({ x: [[A, many(0, 31)]] }));
  assert.match(refused(file({ x: [[A, many(1, 31)]] })), /more names of resources/);
  time.now += 600_001;
  reload(file({ x: [[A, many(0, 30)]] }));
  time.now += 600_001;
  assert.equal(reload(file({ x: [[A, { ...many(0, 30), fresh: 1 }]] })).resources.numbers.get("fresh"), 30);
});

test("the table: capacities by slot and number, -1 for what a destination has not; bits of what is needed", () => {
  const config = file({
    x: [
      [A, { pstn: 32 }],
      [B, "transc=5;pstn=0" as unknown as object],
      ["sip:10.0.0.3", {}],
    ],
  });
  const rows = rowsOf(config, new Map());
  const fresh = freshResourceRows(config, rows);
  const placed = rows.map((row, at) => ({ ...row, slot: 2 - at })) as unknown as Parameters<typeof compileResources>[0];
  const { stride, accounts, capacities, names } = compileResources(placed, fresh, 4);
  assert.deepEqual([stride, names], [2, ["pstn", "transc"]]);
  assert.deepEqual([...accounts], [-1, 1, 0, -1]);
  assert.deepEqual([...capacities], [-1, -1, 0, 5, 32, -1, -1, -1]);
  assert.equal(neededBits(["transc", "pstn"], fresh), 0b11);
  assert.equal(neededBits([], fresh), 0);
});
