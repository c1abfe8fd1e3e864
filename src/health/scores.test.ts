import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { type ScoreDestination, Scores } from "./scores.ts";

const NOW = 1_000_000;
const [THREE, FOUR] = [3, 4].map(
  (slot): Omit<ScoreDestination, "score"> => ({
    slot,
    subject: { set: "a", uri: `sip:10.0.0.${slot}`, name: `d${slot}` },
  }),
);

test("what was told holds over reloads until the configuration says another score, and ends with the destination", () => {
  const live = new LiveTables(createLiveTablesMemory(1));
  const scores = new Scores(live, () => NOW);
  const shown = () => [3, 4].map((slot) => `${live.score(slot)}${scores.isTold(slot) ? " told" : ""}`);
  scores.adopt([
    { ...THREE!, score: 0 },
    { ...FOUR!, score: 7 },
  ]);
  assert.deepEqual(shown(), ["0", "7"]);
  scores.tell(3, -2_147_483_648);
  scores.tell(4, 2_147_483_647);
  scores.tell(5, 9);
  assert.deepEqual([shown(), live.score(5)], [["-2147483648 told", "2147483647 told"], 0]);
  // A reload that says nothing new, and then another score for one of them.
  scores.adopt([
    { ...THREE!, score: 0 },
    { ...FOUR!, score: 7 },
  ]);
  assert.deepEqual(shown(), ["-2147483648 told", "2147483647 told"]);
  scores.adopt([
    { ...THREE!, score: 0 },
    { ...FOUR!, score: 8 },
  ]);
  assert.deepEqual(shown(), ["-2147483648 told", "8"]);
  scores.tell(3, null);
  assert.deepEqual(shown(), ["0", "8"]);
  // The slot becomes somebody else's.
  scores.tell(3, 5);
  scores.adopt([{ ...FOUR!, score: 8 }]);
  live.clear(3);
  scores.adopt([
    { ...THREE!, score: 0 },
    { ...FOUR!, score: 8 },
  ]);
  assert.deepEqual(shown(), ["0", "8"]);
});

test("what was told is told again after a restart, to the same destination wherever its row is, with the time it was told at", () => {
  const live = new LiveTables(createLiveTablesMemory(1));
  const before = new Scores(live, () => NOW);
  before.adopt([
    { ...THREE!, score: 1 },
    { ...FOUR!, score: 1 },
  ]);
  before.tell(3, -5);
  const saved = before.save();
  assert.deepEqual(saved, [{ set: "a", uri: "sip:10.0.0.3", name: "d3", score: -5, configured: 1, at: NOW }]);
  const begin = (configured: number) => {
    const memory = new LiveTables(createLiveTablesMemory(1));
    const scores = new Scores(memory, () => NOW + 60_000);
    scores.recallFrom(saved);
    scores.adopt([
      { ...FOUR!, score: 1 },
      { ...THREE!, slot: 8, score: configured },
    ]);
    scores.recallFrom([]);
    return { scores, shown: [memory.score(4), memory.score(8)] };
  };
  const after = begin(1);
  assert.deepEqual([after.shown, after.scores.isTold(8), after.scores.isTold(4)], [[1, -5], true, false]);
  assert.deepEqual(after.scores.save(), saved, "what nobody has told again does not grow younger");
  assert.deepEqual(begin(2).shown, [1, 2], "the configuration has said something else since");
});
