import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { TlsIdentities } from "./compile-tls.ts";
import { IdentityFronts } from "./identity-fronts.ts";
import { placeDestinations, slotIdentities } from "./place.ts";
import { rowsOf } from "./rows.ts";
import { configOf } from "./testing/config.ts";

test("a front is that of the SHA-256, asked for once, again, or after it was forgotten", () => {
  const fronts = new IdentityFronts();
  const plain = (text: string) => createHash("sha256").update(text).digest().readInt32LE(0);
  for (const texts of [["a", "ü"], ["a"], ["ü", "a", "ü"], [], [], ["a"]]) {
    fronts.begin();
    for (const text of texts) assert.equal(fronts.of(text), plain(text), text);
  }
});

test("identities of destinations are those of a process that has just begun, whatever was configured before", () => {
  const fronts = new IdentityFronts();
  const identities = (hosts: readonly number[], known?: IdentityFronts) => {
    const destinations = hosts.map((host) => `sip:10.0.0.${host}`);
    const config = configOf({ listeners: ["udp://127.0.0.1:5060"], sets: { a: { destinations } } });
    const rows = rowsOf(config, new Map());
    const placed = placeDestinations(config, rows, slotIdentities(rows), [...rows.keys()], new TlsIdentities(), known);
    return placed.map(({ config: { uri }, identity }) => [uri, identity] as const);
  };
  for (const hosts of [
    [1, 2, 3],
    [3, 4],
    [1, 2, 3, 4],
    [4, 3, 2, 1],
  ])
    assert.deepEqual(identities(hosts, fronts), identities(hosts));
  assert.equal(new Set(identities([1, 2, 3, 4]).map(([, identity]) => identity)).size, 4);
});
