// A table of connections without an object for any of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Unheard } from "./unheard.ts";

const PEER = Int32Array.of(0, 0, 0xffff, 1, 5060, 0);

test("a place that was given back is taken again, as if nobody had had it, and then there are no more", () => {
  const fds = new Int32Array(3);
  const table = new Unheard(fds);
  assert.deepEqual(
    [10, 11, 12, 13].map((fd) => table.add(fd, 0, PEER, 1)),
    [0, 1, 2, -1],
  );
  table.seen[1] = 7;
  table.begun[1] = 9;
  table.isLeaving[1] = 1;
  assert.equal(table.remove(1), 11);
  assert.deepEqual([table.count, ...fds], [2, 10, 0, 12]);
  const other = Int32Array.of(0, 0, 0xffff, 2, 5061, 0);
  assert.equal(table.add(14, 2, other, 99), 1);
  const row = [table.listeners, table.seen, table.since, table.begun, table.isLeaving].map((all) => all[1]);
  assert.deepEqual(row, [2, 0, 99, 0, 0]);
  assert.deepEqual(table.peers.slice(ENDPOINT_WORDS, 2 * ENDPOINT_WORDS), other);
  assert.deepEqual([table.count, table.end, table.add(15, 0, PEER, 1)], [3, 3, -1]);
});
