// How much each source has, whoever counts it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { SourceCount } from "./source-count.ts";

function peerAt(host: string, port = 5060): Int32Array {
  const peer = new Int32Array(ENDPOINT_WORDS);
  assert.ok(parseEndpoint(host, port, peer, 0));
  return peer;
}

test("an address of IPv4 is a source, and so is a /64 of IPv6, from whatever port", () => {
  const counts = new SourceCount();
  counts.add(peerAt("192.0.2.1"));
  counts.add(peerAt("192.0.2.1", 5070));
  counts.add(peerAt("2001:db8:0:1::1"));
  counts.add(peerAt("2001:db8:0:1:ffff::2"));
  const asked = ["192.0.2.1", "192.0.2.2", "2001:db8:0:1::3", "2001:db8:0:2::1"];
  assert.deepEqual(
    asked.map((host) => counts.of(peerAt(host))),
    [2, 0, 2, 0],
  );
});

test("what was entered leaves, what was added is removed, and both are of one count", () => {
  const counts = new SourceCount();
  const peer = peerAt("192.0.2.1");
  const leave = counts.enter(peer);
  counts.add(peer);
  // The address may stand for another one by then.
  peer.set(peerAt("192.0.2.9"));
  leave();
  const same = peerAt("192.0.2.1");
  assert.equal(counts.of(same), 1);
  counts.remove(same);
  assert.equal(counts.of(same), 0);
  counts.add(same);
  assert.equal(counts.of(same), 1);
});
