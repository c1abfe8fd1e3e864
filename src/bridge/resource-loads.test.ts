// Whatever workers do, in whatever order: nothing is ever below zero or above its capacity, and in the end everything is back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { fc, runs } from "../../test/kit/property.ts";
import { createResourceMemory, ResourceLoads } from "./resource-loads.ts";

const WORKERS = 3;
const ACCOUNTS = 3;
const STRIDE = 4;

const step = fc.oneof(
  fc.record({
    kind: fc.constant("take" as const),
    worker: fc.nat(WORKERS - 1),
    account: fc.nat(ACCOUNTS - 1),
    needed: fc.nat(15),
  }),
  fc.record({ kind: fc.constant("give" as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant("give twice" as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant("die" as const), worker: fc.nat(WORKERS - 1) }),
  fc.record({
    kind: fc.constant("resize" as const),
    account: fc.nat(ACCOUNTS - 1),
    number: fc.nat(STRIDE - 1),
    to: fc.integer({ min: -1, max: 5 }),
  }),
);

const ROUNDS = 400_000;
const CAPACITIES = Int32Array.of(3, 5, 4, -1);

function work({ memory, gate }: { memory: SharedArrayBuffer; gate: Int32Array }): void {
  Atomics.store(gate, 0, 1);
  while (Atomics.load(gate, 0) !== 2);
  process.exitCode = Math.min(churn(new ResourceLoads(memory, 2), 1), 1);
}

/** Takes and gives at random, all of 0, 1 and 2 or some of them; returns how often a load was seen outside of its bounds. */
function churn(loads: ResourceLoads, worker: number): number {
  const held: number[] = [];
  let wrong = 0;
  let seed = worker + 1;
  for (let i = 0; i < ROUNDS; i++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    const needed = 1 + ((seed >>> 8) % 7);
    if ((seed >>> 20) % 2 === 0) {
      if (loads.take(worker, 9, needed, CAPACITIES, 0, 4)) held.push(needed);
    } else if (held.length > 0) loads.give(worker, 9, held.pop()!);
    for (let number = 0; number < 3; number++) {
      const load = loads.load(9, number);
      if (load < 0 || load > CAPACITIES[number]!) wrong++;
    }
  }
  for (const needed of held) loads.give(worker, 9, needed);
  return wrong;
}

// One for all cases, because it is large: each leaves nothing behind.
const shared = new ResourceLoads(createResourceMemory(WORKERS), WORKERS);
shared.rows = ACCOUNTS;

function tests(): void {
  test("no load is ever negative or grows beyond its capacity, all or none is taken, and all comes back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 4 }), { minLength: ACCOUNTS * STRIDE, maxLength: ACCOUNTS * STRIDE }),
        fc.array(step, { maxLength: 120 }),
        (given, steps) => {
          const capacities = Int32Array.from(given);
          let held: { worker: number; account: number; needed: number }[] = [];
          const loads = () =>
            Array.from({ length: ACCOUNTS * STRIDE }, (_, i) => shared.load(Math.trunc(i / STRIDE), i % STRIDE));
          const expected = () => {
            const counts = new Array<number>(ACCOUNTS * STRIDE).fill(0);
            for (const { account, needed } of held)
              for (let n = 0; n < STRIDE; n++) counts[account * STRIDE + n]! += (needed >> n) & 1;
            return counts;
          };
          const give = ({ worker, account, needed }: (typeof held)[number]) => shared.give(worker, account, needed);
          for (const one of steps) {
            const before = loads();
            if (one.kind === "take") {
              const { worker, account, needed } = one;
              const row = account * STRIDE;
              const fits = [0, 1, 2, 3].every(
                (n) => ((needed >> n) & 1) === 0 || before[row + n]! < Math.max(0, capacities[row + n]!),
              );
              assert.equal(shared.take(worker, account, needed, capacities, row, STRIDE), fits);
              if (fits) held.push({ worker, account, needed });
            } else if (one.kind === "resize") {
              // As a reload does it: what is in use stays counted.
              capacities[one.account * STRIDE + one.number] = one.to;
            } else if (one.kind === "die") {
              shared.forgetWorker(one.worker);
              held = held.filter(({ worker }) => worker !== one.worker);
            } else if (held.length > 0) {
              const [gone] = held.splice(one.which % held.length, 1);
              give(gone!);
              // A worker cannot give back what it does not hold.
              const mine = held.some(({ worker, account }) => worker === gone!.worker && account === gone!.account);
              if (one.kind === "give twice" && !mine) give(gone!);
            }
            assert.deepEqual(loads(), expected());
            for (const [i, load] of loads().entries()) {
              assert.ok(load >= 0);
              if (load > before[i]!) assert.ok(load <= capacities[i]!, `${load} of ${capacities[i]}`);
            }
          }
          for (const one of held) give(one);
          assert.deepEqual(loads(), new Array<number>(ACCOUNTS * STRIDE).fill(0));
          for (let account = 0; account < ACCOUNTS; account++) assert.equal(shared.isInUse(account), false);
        },
      ),
      { numRuns: runs(30) },
    );
  });

  test("two threads' views of the same memory agree, and a resource that is not there cannot be taken", () => {
    const memory = createResourceMemory(2);
    const [one, two] = [new ResourceLoads(memory, 2), new ResourceLoads(memory, 2)];
    const capacities = Int32Array.of(1, -1);
    assert.equal(one.take(0, 7, 0b01, capacities, 0, 2), true);
    assert.equal(two.take(1, 7, 0b01, capacities, 0, 2), false);
    assert.equal(two.take(1, 7, 0b11, Int32Array.of(9, -1), 0, 2), false);
    assert.equal(two.take(1, 7, 1 << 30, capacities, 0, 2), false);
    assert.deepEqual([two.load(7, 0), two.load(7, 1)], [1, 0]);
    two.force(1, 7, 0b11);
    assert.deepEqual([one.load(7, 0), one.load(7, 1)], [2, 1]);
    two.give(1, 7, 0b11);
    one.give(0, 7, 0b01);
    assert.equal(two.isInUse(7), false);
  });

  test("two threads take and give at the same time: no load leaves its bounds, and nothing is left in the end", async () => {
    const memory = createResourceMemory(2);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const other = new Worker(new URL(import.meta.url), { workerData: { memory, gate } });
    const done = new Promise((resolve, reject) => other.once("exit", resolve).once("error", reject));
    // It is there when it says so, not when it is started.
    while (Atomics.load(gate, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    Atomics.store(gate, 0, 2);
    const loads = new ResourceLoads(memory, 2);
    assert.equal(churn(loads, 0), 0, "seen by this thread");
    assert.equal(await done, 0, "seen by the other thread");
    assert.equal(loads.isInUse(9), false);
  });
}

if (isMainThread) tests();
else work(workerData);
