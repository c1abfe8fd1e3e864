// Vectors for OpenSIPS's dispatcher, worked out by hand from the description of its algorithms and the hashes of known keys: a digit is
// the position chosen, `-` is nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import { algorithmByName } from "../algorithms/index.ts";
import { compileSet } from "../compile-set.ts";
import { FakeLive } from "../live-fake.ts";
import { type Destination, DestinationState, type DispatcherSet, SlotChoice } from "../types.ts";

/** Hashes of `a`, `ab`, `abc`, `abcd`, `abcde`, `alice`, `bob`, and of `alice`, `bob` with `server.com`. */
const HASHES = [109, 27998, 7167810, 1834959896, 1834960001, 1834153949, 7222211, 1412806172, 3883463682];

function setOf(name: string, weights: readonly number[], useDefault = false): DispatcherSet {
  const algorithm = algorithmByName(name);
  assert.ok(algorithm, name);
  const destinations = weights.map((weight, slot): Destination => {
    const uri = `sip:10.0.0.${slot}`;
    return { slot, uri, name: uri, weight, priority: 0, maxCalls: 0 };
  });
  return compileSet(0, "test", algorithm, SlotChoice.spread, destinations, useDefault);
}

function liveWithout(down: readonly number[]): FakeLive {
  const live = new FakeLive();
  for (const slot of down) live.states[slot] = DestinationState.inactive;
  return live;
}

function pick(set: DispatcherSet, key: number, live: FakeLive): string {
  const out = new Uint16Array(1);
  return set.algorithm.select(set, key, live, out) === 0 ? "-" : String(out[0]);
}

/** Weights, who is down, whether the last one is the default; then the choice for each of the hashes. */
const HASHED: readonly (readonly [number[], number[], boolean, string])[] = [
  // Sum 2: the remainder by 2. 109 is odd, 27998 even, 7167810 even, 1834959896 even, then odd, odd, odd, even, even.
  [[1, 1], [], false, "100011100"],
  [[1, 1], [0], false, "111111111"],
  [[1, 1], [1], false, "000000000"],
  [[1, 1], [0, 1], false, "---------"],
  // All weights 0: by the number of destinations, as with equal weights.
  [[0, 0], [], false, "100011100"],
  // Sum 3, remainders 1 2 0 2 2 2 2 2 0.
  [[1, 1, 1], [], false, "120222220"],
  // One of three down: its keys once more by 2 over the two that are left.
  [[1, 1, 1], [2], false, "100011100"],
  [[1, 1, 1], [0], false, "121222221"],
  [[1, 1, 1], [1], false, "220222220"],
  // The same by weight: 2 of 3 parts to the first.
  [[2, 1], [], false, "010111110"],
  [[1, 2], [], false, "110111110"],
  [[2, 0, 1], [], false, "020222220"],
  // Sum 4, remainders 1 2 2 0 1 1 3 0 2.
  [[1, 1, 1, 1], [], false, "122011302"],
  [[1, 3], [], false, "111011101"],
  [[2, 2], [], false, "011000101"],
  [[3, 1], [], false, "000000100"],
  // Who is down had weight 3: the other one has all.
  [[3, 1], [0], false, "111111111"],
  // Weight 0 is chosen only when the sum of those that are active is 0.
  [[0, 1], [1], false, "000000000"],
  // Sum 5, remainders 4 3 0 1 1 4 1 2 2.
  [[1, 1, 1, 1, 1], [], false, "430114122"],
  [[2, 3], [], false, "110001011"],
  [[4, 1], [], false, "100001000"],
  // Sum 7, remainders 4 5 6 0 0 5 3 1 0.
  [[1, 1, 1, 1, 1, 1, 1], [], false, "456005310"],
  [[3, 4], [], false, "111001100"],
  // The default destination takes no part, and gets everything when the others are down.
  [[1, 1, 1], [], true, "100011100"],
  [[1, 1, 1], [0, 1], true, "222222222"],
  [[1, 1, 1], [0, 1, 2], true, "---------"],
  [[1], [], true, "000000000"],
];

test("the hashes of OpenSIPS, by weight, and once more over the active ones: every vector worked out by hand", (t) => {
  const names = ["opensips:0", "opensips:1", "opensips:2", "opensips:3", "opensips:5", "opensips:7"];
  for (const name of names) {
    for (const [weights, down, useDefault, expected] of HASHED) {
      const set = setOf(name, weights, useDefault);
      const live = liveWithout(down);
      assert.equal(HASHES.map((hash) => pick(set, hash, live)).join(""), expected, `${name} ${weights}, down ${down}`);
    }
  }
  const vectors = HASHED.length * HASHES.length;
  t.diagnostic(`OpenSIPS: ${vectors} of ${vectors} vectors, under each of ${names.length} algorithms`);
  assert.ok(vectors >= 200);
});

/** Chance that says one number. */
class Fixed extends FakeLive {
  readonly #number: number;

  constructor(number: number, down: readonly number[]) {
    super();
    this.#number = number;
    for (const slot of down) this.states[slot] = DestinationState.inactive;
  }

  override random(): number {
    return this.#number;
  }
}

test("opensips:6 is where the number of chance falls among the weights, and once more over the active ones", () => {
  for (const [weights, down, useDefault, expected] of HASHED) {
    const set = setOf("opensips:6", weights, useDefault);
    const chosen = HASHES.map((number) => pick(set, 0, new Fixed(number, down)));
    assert.equal(chosen.join(""), expected, `${weights}, down ${down}`);
  }
});

test("opensips:4 repeats each as its weight says, at least once, and goes on behind who is down", () => {
  const turns: readonly (readonly [number[], number[], boolean, string])[] = [
    [[2, 1, 3], [], false, "001222001222"],
    [[1, 1, 1], [], false, "012012012012"],
    [[0, 1], [], false, "010101010101"],
    [[0, 0, 0], [], false, "012012012012"],
    [[2, 1], [0], false, "111111111111"],
    [[3, 1, 1], [1], false, "000200020002"],
    [[2, 1, 1], [], true, "001001001001"],
    [[2, 1, 1], [0, 1], true, "222222222222"],
    [[1, 2], [0, 1], false, "------------"],
    [[4], [], false, "000000000000"],
  ];
  for (const [weights, down, useDefault, expected] of turns) {
    const set = setOf("opensips:4", weights, useDefault);
    const live = liveWithout(down);
    assert.equal(Array.from({ length: 12 }, () => pick(set, 0, live)).join(""), expected, `${weights}, down ${down}`);
  }
});

test("opensips:4: a destination that comes back gets its turn, and the one after it has had its own", () => {
  const set = setOf("opensips:4", [1, 2, 1]);
  const live = liveWithout([1]);
  assert.equal(Array.from({ length: 4 }, () => pick(set, 0, live)).join(""), "0202");
  live.states[1] = DestinationState.active;
  assert.equal(Array.from({ length: 8 }, () => pick(set, 0, live)).join(""), "01120112");
});

test("opensips:8 is the first that is active; without a key, 5 goes by turns and 7 chooses nobody", () => {
  const first: readonly (readonly [number[], string])[] = [
    [[], "0"],
    [[0], "1"],
    [[0, 1], "2"],
    [[1], "0"],
    [[0, 1, 2], "-"],
  ];
  for (const [down, expected] of first)
    assert.equal(pick(setOf("opensips:8", [1, 1, 1]), 0, liveWithout(down)), expected);
  const live = new FakeLive();
  const set = setOf("opensips:5", [1, 5, 1]);
  assert.equal(Array.from({ length: 6 }, () => pick(set, 0, live)).join(""), "012012");
  assert.equal(pick(setOf("opensips:7", [1, 1, 1]), 0, live), "-");
});

/** Scores, who is down, whether the last one is the default; then all candidates of 9, and of 10. */
const SCORED: readonly (readonly [number[], number[], boolean, string, string])[] = [
  // Ascending.
  [[3, 1, 2], [], false, "120", "120"],
  [[1, 2, 3], [], false, "012", "012"],
  [[3, 2, 1], [], false, "210", "210"],
  [[30, 20, 25, 10], [], false, "3120", "3120"],
  [[0, 1, 0, 1], [], false, "0213", "0213"],
  [[5], [], false, "0", "0"],
  // Without a pattern, or where nobody has told anything, all are equal: 8, which is the set's order.
  [[0, 0, 0], [], false, "012", "012"],
  [[0, 0, 0], [0], false, "12", "12"],
  // Equals in the set's order, wherever they are.
  [[2, 1, 2, 1, 2], [], false, "13024", "13024"],
  [[7, 7, 3], [], false, "201", "201"],
  [[1, 1, 1, 0], [], false, "3012", "3012"],
  // Who is down takes no part: one, two, all.
  [[3, 1, 2], [1], false, "20", "20"],
  [[3, 1, 2], [1, 2], false, "0", "0"],
  [[3, 1, 2], [0, 1, 2], false, "-", "-"],
  [[1, 1], [0], false, "1", "1"],
  [[4, 3, 2, 1], [3, 2], false, "10", "10"],
  // Below 0: before all others in 9, left out in 10.
  [[3, -1, 2], [], false, "120", "20"],
  [[-1, -2, -3], [], false, "210", "-"],
  [[-1, 0, 1], [], false, "012", "12"],
  [[-1, 5], [1], false, "0", "-"],
  [[0, -1, 0, -1], [], false, "1302", "02"],
  [[-2147483648, 2147483647, 0], [], false, "021", "21"],
  [[2147483647, -1, 2147483646], [], false, "120", "20"],
  // The default destination is the last of the list, whatever its score.
  [[3, 1, 0], [], true, "102", "102"],
  [[3, 1, 0], [0, 1], true, "2", "2"],
  [[-3, -1, 9], [], true, "012", "2"],
  [[3, 1, -1], [], true, "102", "102"],
  [[3, 1, 0], [2], true, "10", "10"],
  [[3, 1, 0], [0, 1, 2], true, "-", "-"],
  [[-1], [], true, "0", "-"],
];

test("opensips:9 and opensips:10 go by scores: every vector worked out by hand, and each shorter list is its beginning", (t) => {
  let vectors = 0;
  for (const [scores, down, useDefault, nine, ten] of SCORED) {
    for (const [name, expected] of [
      ["opensips:9", nine],
      ["opensips:10", ten],
    ] as const) {
      const set = setOf(
        name,
        scores.map(() => 1),
        useDefault,
      );
      const live = liveWithout(down);
      scores.forEach((score, slot) => {
        live.scores[slot] = score;
      });
      const whole = expected === "-" ? "" : expected;
      for (let room = 0; room <= scores.length + 1; room++) {
        live.turns = 0x30002;
        const out = new Uint16Array(room);
        const count = set.algorithm.select(set, 0, live, out);
        assert.equal(
          out.subarray(0, count).join(""),
          whole.slice(0, room),
          `${name} ${scores}, down ${down}, room ${room}`,
        );
        vectors++;
      }
    }
  }
  const choices = 2 * SCORED.length;
  t.diagnostic(`OpenSIPS 9 and 10: ${choices} of ${choices} vectors, ${vectors} lists with their beginnings`);
});

test("opensips:9 and opensips:10 leave the turn at 0, where another algorithm begins", () => {
  for (const name of ["opensips:9", "opensips:10"]) {
    const live = new FakeLive();
    const turns = setOf("opensips:4", [1, 1, 1]);
    assert.equal(pick(turns, 0, live), "0");
    assert.equal(pick(turns, 0, live), "1");
    pick(setOf(name, [1, 1, 1]), 0, live);
    assert.deepEqual([live.turns, pick(turns, 0, live)], [0, "0"], name);
  }
});

test("a score that changes counts at the next choice", () => {
  const live = new FakeLive();
  const set = setOf("opensips:9", [1, 1, 1]);
  const chosen = [
    [0, 0, 0],
    [2, 1, 3],
    [1, 1, 1],
    [0, 0, -1],
  ].map((scores) => {
    live.scores.set(scores);
    return pick(set, 0, live);
  });
  assert.equal(chosen.join(""), "0102");
});
