import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { Scores } from "./scores.ts";

test("what was told holds over reloads until the configuration says another score, and ends with the destination", () => {
  const live = new LiveTables(createLiveTablesMemory(1));
  const scores = new Scores(live);
  const shown = () => [3, 4].map((slot) => `${live.score(slot)}${scores.isTold(slot) ? " told" : ""}`);
  scores.adopt([
    { slot: 3, score: 0 },
    { slot: 4, score: 7 },
  ]);
  assert.deepEqual(shown(), ["0", "7"]);
  scores.tell(3, -2_147_483_648);
  scores.tell(4, 2_147_483_647);
  scores.tell(5, 9);
  assert.deepEqual([shown(), live.score(5)], [["-2147483648 told", "2147483647 told"], 0]);
  // A reload that says nothing new, and then another score for one of them.
  scores.adopt([
    { slot: 3, score: 0 },
    { slot: 4, score: 7 },
  ]);
  assert.deepEqual(shown(), ["-2147483648 told", "2147483647 told"]);
  scores.adopt([
    { slot: 3, score: 0 },
    { slot: 4, score: 8 },
  ]);
  assert.deepEqual(shown(), ["-2147483648 told", "8"]);
  scores.tell(3, null);
  assert.deepEqual(shown(), ["0", "8"]);
  // The slot becomes somebody else's.
  scores.tell(3, 5);
  scores.adopt([{ slot: 4, score: 8 }]);
  live.clear(3);
  scores.adopt([
    { slot: 3, score: 0 },
    { slot: 4, score: 8 },
  ]);
  assert.deepEqual(shown(), ["0", "8"]);
});
