// Who waits for a turn has it in the order of coming, also when more keep coming for as long as anybody waits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { Turns } from "./turns.ts";

test("everybody has one turn, in order and in a round of their own, however many come while others wait", async () => {
  const turns = new Turns();
  const had: number[] = [];
  let round = 0;
  let last = 0;
  const look = (): void => {
    round++;
    if (had.length < 5_000) setImmediate(look);
  };
  const add = (): void => {
    const number = last++;
    turns.add(() => {
      had.push(number);
      // Two for each, so the list is not empty before the end.
      for (let i = 0; i < 2 && last < 5_000; i++) add();
    });
  };
  setImmediate(look);
  add();
  await until("all turns", () => had.length === 5_000);
  assert.deepEqual(
    had,
    Array.from({ length: 5_000 }, (_, i) => i),
  );
  assert.ok(round >= 4_999, `${round} rounds`);
});

test("where more come than one in each round, as many have their turns before they are many", async () => {
  const turns = new Turns(16);
  let [came, had] = [0, 0];
  for (let i = 0; i < 500; i++) {
    for (let k = 0; k < 4; k++, came++) turns.add(() => had++);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(came - had <= 16 * 4, `${came - had} wait`);
  }
  await until("all turns", () => had === came);
});
