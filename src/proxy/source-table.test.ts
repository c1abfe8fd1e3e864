// The table of sources: what it promises whatever anybody invents.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSourceMemory } from "../bridge/source-memory.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { TableHash } from "../sip/hash.ts";
import { Moment, SourceTable } from "./source-table.ts";

const ROWS = 1024;
const INTERVAL = 100;
const DEPTH = 1000.1;

function endpoint(host: string): Int32Array {
  const words = new Int32Array(ENDPOINT_WORDS);
  assert.ok(parseEndpoint(host, 5060, words, 0));
  return words;
}

class Bench {
  readonly memory = createSourceMemory(ROWS);
  readonly table = new SourceTable(this.memory, new TableHash(1, 2));

  takes(peer: Int32Array, v4 = 32, v6 = 64): boolean {
    return this.table.take(this.table.rowOf(peer, 0, v4, v6), Moment.requests, INTERVAL, DEPTH);
  }

  /** How many of `tries` a source gets. */
  gets(peer: Int32Array, tries: number): number {
    let taken = 0;
    for (let i = 0; i < tries; i++) if (this.takes(peer)) taken++;
    return taken;
  }
}

test("a source gets its burst at once and its rate from then on", () => {
  const bench = new Bench();
  const peer = endpoint("192.0.2.7");
  assert.equal(bench.gets(peer, 50), 10);
  bench.table.now += 250;
  assert.equal(bench.gets(peer, 50), 2);
  bench.table.now += 100_000;
  assert.equal(bench.gets(peer, 50), 10);
});

test("what counts of an address is its prefix, and IPv4 is not measured by that of IPv6", () => {
  const bench = new Bench();
  assert.equal(bench.gets(endpoint("2001:db8:0:1::1"), 10), 10);
  assert.equal(bench.gets(endpoint("2001:db8:0:1:ffff::2"), 10), 0);
  assert.equal(bench.gets(endpoint("2001:db8:0:2::1"), 10), 10);
  assert.equal(bench.gets(endpoint("198.51.100.1"), 10), 10);
  assert.equal(bench.gets(endpoint("198.51.100.2"), 10), 10);
  assert.ok(bench.takes(endpoint("203.0.113.1"), 24));
  for (let i = 2; i <= 10; i++) assert.ok(bench.takes(endpoint(`203.0.113.${i}`), 24));
  assert.ok(!bench.takes(endpoint("203.0.113.250"), 24));
});

test("workers share the table", () => {
  const bench = new Bench();
  const other = new SourceTable(bench.memory, new TableHash(1, 2));
  const peer = endpoint("192.0.2.7");
  assert.equal(bench.gets(peer, 4), 4);
  const row = other.rowOf(peer, 0, 32, 64);
  for (let i = 0; i < 6; i++) assert.ok(other.take(row, Moment.requests, INTERVAL, DEPTH));
  assert.ok(!bench.takes(peer));
});

test("however many sources somebody invents, one that is over its limit is not forgotten, and real ones are served", () => {
  const bench = new Bench();
  const offender = endpoint("198.51.100.66");
  assert.equal(bench.gets(offender, 100), 10);
  const forged = endpoint("10.0.0.0");
  let given = 0;
  let served = 0;
  const SECONDS = 20;
  const PER_MILLISECOND = 20;
  for (let ms = 0; ms < SECONDS * 1000; ms++) {
    bench.table.now += 1;
    // Twice as many sources within their interval as the table has rows, each seen once.
    for (let i = 0; i < PER_MILLISECOND; i++) {
      forged[3] = forged[3]! + 1;
      bench.takes(forged);
    }
    if (ms % 10 === 0 && bench.takes(offender)) given++;
    if (ms % 500 === 0 && bench.takes(endpoint(`192.0.2.${1 + ((ms / 500) % 40)}`))) served++;
  }
  console.log(
    `the offender got ${given} of ${SECONDS * 100} requests, its rate being ${SECONDS * 10}; phones ${served} of ${SECONDS * 2}`,
  );
  assert.ok(given <= SECONDS * 10 + 1, `${given}`);
  assert.equal(served, SECONDS * 2);
});
