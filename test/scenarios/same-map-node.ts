// A node that is asked where keys go: `ALGORITHM KEYS NAME…`, a line of output with the name of the destination for each key.
import assert from "node:assert/strict";
import { algorithmByName } from "../../src/dispatch/algorithms/index.ts";
import { compileSet } from "../../src/dispatch/compile-set.ts";
import { coreHash } from "../../src/dispatch/core-hash.ts";
import { FakeLive } from "../../src/dispatch/live-fake.ts";
import { type Destination, SlotChoice } from "../../src/dispatch/types.ts";

const [name = "", keys = "", ...names] = process.argv.slice(2);
const algorithm = algorithmByName(name);
assert.ok(algorithm);
const destinations = names.map((uri, slot): Destination => {
  return { slot, uri, name: uri, weight: 1, priority: 0, maxCalls: 0 };
});
const set = compileSet(0, "media", algorithm, SlotChoice.spread, destinations);
const live = new FakeLive();
const out = new Uint16Array(1);
const lines: string[] = [];
for (let i = 0; i < Number(keys); i++) {
  const callId = Buffer.from(`call-${i}@192.0.2.1`);
  set.algorithm.select(set, coreHash(callId, 0, callId.length, 0, 0), live, out);
  lines.push(names[out[0] ?? -1] ?? "");
}
process.stdout.write(`${lines.join("\n")}\n`);
