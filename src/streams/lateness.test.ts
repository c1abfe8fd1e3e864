// The delay of an event loop that stays is told from one late round.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lateness, LOOK } from "./lateness.ts";

/** What is said at each of these rounds, in milliseconds. */
function says(rounds: readonly number[]): number[] {
  let now = 5_000;
  const lateness = new Lateness(now);
  return rounds.map((round) => {
    now += Math.max(LOOK, round);
    return lateness.look(now);
  });
}

test("a loop that is late round after round is late, from the third window on at the latest", () => {
  const said = says(new Array<number>(20).fill(320));
  assert.deepEqual(said.slice(3), new Array<number>(17).fill(300));
});

test("one late round, or one in two, is no delay", () => {
  assert.deepEqual(new Set(says([1, 1, 2_000, 1, 1, 1, 1, 1, 1])), new Set([0]));
  const everyOther = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 90 : 1));
  assert.deepEqual(new Set(says(everyOther)), new Set([0]));
});

test("when it is over, it is over at the next look", () => {
  assert.equal(says([...new Array<number>(10).fill(220), 1]).at(-1), 0);
});

test("the real loop of this thread, kept busy, is late by about what each of its rounds takes", async () => {
  const lateness = new Lateness(performance.now());
  const said: number[] = [];
  const timer = setInterval(() => said.push(lateness.look(performance.now())), LOOK);
  for (let round = 0; round < 12; round++) {
    const end = performance.now() + 80;
    while (performance.now() < end);
    await new Promise((resolve) => setImmediate(resolve));
  }
  clearInterval(timer);
  assert.ok(said.at(-1)! >= 50, said.join(" "));
});
