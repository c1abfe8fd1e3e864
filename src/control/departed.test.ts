import assert from "node:assert/strict";
import { test } from "node:test";
import { DESTINATION_WORDS, type DepartedTable, DestinationColumn } from "../bridge/snapshot.ts";
import { identityOf, identityWord } from "../bridge/way-back.ts";
import { hashEndpoint, parseEndpoint } from "../net/endpoint.ts";
import { TlsIdentities } from "./compile-tls.ts";
import { departedRows, NONE_DEPARTED } from "./departed.ts";
import { configOf } from "./testing/config.ts";

/** A table with these destinations, by slot: identity and who has to be there; null: the row is free. */
function tableOf(...rows: readonly (readonly [number, number] | null)[]): Int32Array {
  const table = new Int32Array(rows.length * DESTINATION_WORDS);
  for (const [slot, row] of rows.entries()) {
    if (row === null) continue;
    const at = slot * DESTINATION_WORDS;
    parseEndpoint("192.0.2.1", 5061 + slot, table, at);
    const [identity, who] = row;
    table[at + 5] = who === 0 ? 0 : identityWord(who, 0);
    table[at + DestinationColumn.used] = 1;
    table[at + DestinationColumn.identity] = identity;
  }
  return table;
}

/** Identity, slot and who has to be there, of all. */
function listOf({ rows }: DepartedTable): number[][] {
  return Array.from({ length: rows.length / DESTINATION_WORDS }, (_, row) => {
    const at = row * DESTINATION_WORDS;
    const slot = rows[at + DestinationColumn.used]! - 1;
    return [rows[at + DestinationColumn.identity]!, slot, identityOf(rows[at + 5]!)];
  });
}

const same = (identity: number): number => identity;

test("who leaves is remembered, or goes by another name, but for those whose address says it all", () => {
  const before = { destinations: tableOf([71, 1], [72, 0], [73, 2], [74, 3], null), departed: NONE_DEPARTED };
  const departed = departedRows({ before, renewed: same }, tableOf([71, 1], null, [79, 2], null, null));
  assert.deepEqual(listOf(departed), [
    [73, 2, 2],
    [74, 3, 3],
  ]);
  const shorter = departedRows({ before, renewed: same }, tableOf([71, 1]));
  assert.deepEqual(listOf(shorter), listOf(departed));
});

test("those who left before stay, the oldest are forgotten first, and who leaves again left last", () => {
  let before = { destinations: tableOf([71, 1], [72, 2], [73, 3]), departed: NONE_DEPARTED };
  for (const destinations of [
    tableOf(null, [72, 2], [73, 3]),
    tableOf([71, 4], null, [73, 3]),
    tableOf(null, null, [73, 3]),
  ])
    before = { destinations, departed: departedRows({ before, renewed: same }, destinations, 2) };
  assert.deepEqual(listOf(before.departed), [
    [72, 1, 2],
    [71, 0, 4],
  ]);
  const departed = departedRows({ before, renewed: same }, tableOf(null, null, null), 2);
  assert.deepEqual(
    listOf(departed).map(([identity]) => identity),
    [71, 73],
  );
});

test("thousands that left one address are found, who left last first, and the table of them is made at once", () => {
  const MANY = 65_536;
  const destinations = new Int32Array(MANY * DESTINATION_WORDS);
  for (let slot = 0; slot < MANY; slot++) {
    const at = slot * DESTINATION_WORDS;
    parseEndpoint("192.0.2.1", 5061, destinations, at);
    destinations[at + 5] = identityWord(1, 0);
    destinations[at + DestinationColumn.used] = 1;
    destinations[at + DestinationColumn.identity] = slot + 1;
  }
  const began = process.cpuUsage();
  const before = { destinations, departed: NONE_DEPARTED };
  const { rows, endpoints } = departedRows({ before, renewed: same }, new Int32Array(0), MANY);
  const { user } = process.cpuUsage(began);
  let at = hashEndpoint(rows, 0) & (endpoints.length - 1);
  for (let row = MANY; row > 0; row--) {
    assert.equal(endpoints[at], row);
    at = (at + 1) & (endpoints.length - 1);
  }
  assert.ok(user < 1_500_000, `${user} us`);
});

test("who left has to prove what its profile asks for now, or, where that is gone, what it asked for then", () => {
  const listeners = ["udp://127.0.0.1:5060"];
  const sets = { 1: { destinations: [{ uri: "sips:192.0.2.1", tls: "strict" }] } };
  const configuredWith = (strict: object | undefined) =>
    configOf({ listeners, sets, tls: { default: {}, ...(strict && { strict }) } });
  const trusting = configuredWith({ verify: false });
  const gone = configOf({ listeners, sets: { 1: { destinations: ["sips:192.0.2.1"] } } });
  const identities = new TlsIdentities();
  const [set] = trusting.sets;
  const then = identities.numberOf(trusting, set!, set!.destinations[0]!);
  const strict = configuredWith({ verify: true });
  assert.equal(identities.renewed(trusting, then), then);
  assert.equal(identities.renewed(gone, then), then);
  const now = identities.renewed(strict, then);
  assert.notEqual(now, then);
  assert.equal(now, identities.numberOf(strict, set!, set!.destinations[0]!));
  assert.ok(identities.state(strict).identities[now]!.profile >= 0);
  assert.equal(identities.state(strict).identities[then]?.profile, -1);
  const before = { destinations: tableOf([71, then]), departed: NONE_DEPARTED };
  const renewed = (identity: number): number => identities.renewed(strict, identity);
  assert.deepEqual(listOf(departedRows({ before, renewed }, tableOf(null))), [[71, 0, now]]);
});
