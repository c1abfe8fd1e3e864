// The bounded run of test/fuzz/streams.ts: the same connections every time. The long one is run.ts --streams.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamFuzz } from "./streams.ts";

const SEED = 20_261_121;
const CONNECTIONS = 1_500;
/** Milliseconds of processor time for one piece; the clock of the system is not finer than some. */
const LIMIT = 20;

test("no stream makes the framer find other messages than are there, or take long", () => {
  const fuzz = new StreamFuzz(SEED);
  const wrong: string[] = [];
  for (let i = 0; i < CONNECTIONS && wrong.length < 5; i++) {
    const one = fuzz.run(i);
    if (one !== "") wrong.push(one);
  }
  assert.deepEqual(wrong, []);
  assert.ok(fuzz.longest <= LIMIT, `a piece took ${fuzz.longest} ms`);
  console.log(
    `fuzz: ${CONNECTIONS} of ${CONNECTIONS} streams with ${fuzz.messages} messages read as a second reader does`,
  );
});
