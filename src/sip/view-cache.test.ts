import assert from "node:assert/strict";
import { test } from "node:test";
import { ViewCache } from "./view-cache.ts";

test("the buffers of sixteen workers in turn have one view each, over exactly their bytes", () => {
  const cache = new ViewCache();
  const memory = Buffer.alloc(64 * 32);
  const buffers = Array.from({ length: 32 }, (_, i) => memory.subarray(i * 64, i * 64 + 64));
  const views = buffers.map((bytes) => cache.of(bytes));
  for (const [i, bytes] of [...buffers, ...buffers].entries()) assert.equal(cache.of(bytes), views[i % 32]);
  for (const [i, view] of views.entries())
    assert.deepEqual([view.byteOffset - memory.byteOffset, view.byteLength], [i * 64, 64]);
});

test("more buffers than there are places are still read right", () => {
  const cache = new ViewCache();
  const buffers = Array.from({ length: 100 }, (_, i) => Buffer.from([i, 0, 0, 0]));
  for (const bytes of [...buffers, ...buffers]) assert.equal(cache.of(bytes).getUint8(0), bytes[0]);
});
