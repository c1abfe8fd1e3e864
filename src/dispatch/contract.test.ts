// What every algorithm must show, whatever it prefers; and how evenly those that share out do it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runs } from "../../test/kit/property.ts";
import { ALGORITHMS, algorithmByKamailioNumber, algorithmByName } from "./algorithms/index.ts";
import { COMPAT } from "./compat/index.ts";
import { CONTRACT, setOf } from "./contract.ts";
import { mix32 } from "./core-hash.ts";
import { FakeLive } from "./live-fake.ts";
import { type Algorithm, DestinationState, type DispatcherSet } from "./types.ts";

function named(name: string): Algorithm {
  const algorithm = algorithmByName(name);
  assert.ok(algorithm, name);
  return algorithm;
}

/** First choices of `draws` selects, counted by position. */
function firstChoices(set: DispatcherSet, live: FakeLive, draws: number): number[] {
  const counts = new Array<number>(set.slots.length).fill(0);
  const out = new Uint16Array(1);
  for (let i = 0; i < draws; i++) {
    assert.equal(set.algorithm.select(set, mix32(i + 1), live, out), 1);
    counts[(out[0]! - 1000) / 3]!++;
  }
  return counts;
}

/** Pearson's statistic against shares in proportion to `weights`, minus a bound that chance passes once in 10^5. */
function excess(counts: readonly number[], weights: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const sum = weights.reduce((a, b) => a + b, 0);
  let statistic = 0;
  let freedom = -1;
  for (const [i, count] of counts.entries()) {
    const expected = (total * weights[i]!) / sum;
    if (expected === 0) {
      assert.equal(count, 0, `position ${i} has no share`);
      continue;
    }
    statistic += (count - expected) ** 2 / expected;
    freedom++;
  }
  return statistic - (freedom + 4.3 * Math.sqrt(2 * freedom) + 14);
}

function assertShares(counts: readonly number[], weights: readonly number[]): void {
  assert.ok(excess(counts, weights) <= 0, `${counts} should be in proportion ${weights}`);
}

for (const algorithm of [...ALGORITHMS, ...COMPAT]) {
  describe(`contract: ${algorithm.name}`, () => {
    for (const { title, broken } of CONTRACT)
      test(title, () => {
        const trial = { rounds: runs(60), heapUsed: () => process.memoryUsage().heapUsed };
        assert.equal(broken(algorithm, trial), "");
      });
  });
}

test("names and Kamailio's numbers are unique, and found", () => {
  assert.equal(new Set(ALGORITHMS.map((algorithm) => algorithm.name)).size, ALGORITHMS.length);
  assert.equal(algorithmByKamailioNumber(8)?.name, "priority");
  assert.equal(algorithmByKamailioNumber(0)?.name, "hash-call-id");
  assert.equal(algorithmByKamailioNumber(99), undefined);
  assert.equal(algorithmByName("hash"), undefined);
});

test("the contract is broken by what breaks it, clause by clause", () => {
  const good = named("priority");
  const breakers: readonly Algorithm["select"][] = [
    (set, _key, _live, out) => {
      out.set(set.slots.subarray(0, out.length));
      return Math.min(set.slots.length, out.length);
    },
    (set, key, live, out) => (set.slots.length === 0 ? 1 : good.select(set, key, live, out)),
    (set, key, live, out) => (set.weights.length === 1 && set.weights[0] === 0 ? 0 : good.select(set, key, live, out)),
    (set, key, live, out) => (set.weights.every((weight) => weight === 0) ? 0 : good.select(set, key, live, out)),
    (set, key, live, out) => {
      const count = good.select(set, key, live, out);
      if (out.length === 7) out.reverse();
      return count;
    },
    (set, key, live, out) => good.select(set, key, live, out) + kept([key]),
    (set, key, live, out) => {
      const count = good.select(set, key, live, out);
      if (count > 1 && live.turn(0) % 2 === 1) [out[0], out[1]] = [out[1]!, out[0]!];
      return count;
    },
  ];
  const trial = { rounds: 60, heapUsed: () => process.memoryUsage().heapUsed };
  assert.equal(breakers.length, CONTRACT.length);
  for (const [i, { title, broken }] of CONTRACT.entries()) {
    assert.equal(broken(good, trial), "", title);
    assert.notEqual(broken({ ...good, select: breakers[i]! }, trial), "", title);
  }
});

const held: object[] = [];
let kepts = 0;
function kept(what: object): 0 {
  held[kepts++ % 64] = what;
  return 0;
}

const EVEN = [
  "hash-call-id",
  "hash-from",
  "hash-to",
  "hash-request-uri",
  "random",
  "round-robin",
  "weighted",
  "consistent-hash",
  "consistent-hash-bounded",
  "rendezvous-hash",
  "hash-auth-user",
  "hash-key",
  "priority-weighted",
  "two-choices",
  "fastest",
];
for (const name of EVEN) {
  test(`${name}: equal shares over 1 to 200 destinations, also with some of them down`, () => {
    for (const size of [1, 2, 3, 5, 7, 10, 16, 60, 100, 200]) {
      const set = setOf(named(name), new Array<number>(size).fill(1));
      const draws = Math.max(2000, size * 60);
      const live = new FakeLive(size);
      const shares = new Array<number>(size).fill(1);
      // The ring's own unevenness is not chance: with 65,537 places over 200 destinations it is below 1 %.
      assertShares(firstChoices(set, live, draws), shares);
      for (let i = 0; i + 1 < size; i += 3) {
        live.states[set.slots[i]!] = DestinationState.inactive;
        shares[i] = 0;
      }
      assertShares(firstChoices(set, live, draws), shares);
    }
  });
}

for (const name of ["weighted", "priority-weighted", "consistent-hash", "consistent-hash-bounded", "rendezvous-hash"]) {
  test(`${name}: shares follow weights, and the share of fallen ones follows the weights of the others`, () => {
    for (const weights of [
      [30, 30, 40],
      [1, 99],
      [5, 1, 1],
      [0, 2, 3],
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      [1000, 2000, 65_535],
    ]) {
      const set = setOf(named(name), weights);
      const live = new FakeLive();
      assertShares(firstChoices(set, live, 20_000), weights);
      live.states[set.slots[1]!] = DestinationState.inactive;
      const left = weights.map((weight, i) => (i === 1 ? 0 : weight));
      assertShares(firstChoices(set, live, 20_000), left);
    }
  });
}
