import assert from "node:assert/strict";
import { test } from "node:test";
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import { identityWord } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";
import { KnownCallers } from "./known-callers.ts";

const ADDRESS = "192.0.2.1";
const PORT = 5061;

/** Rows of destinations at one place over TLS, which have to prove these identities. */
function rowsOf(...identities: readonly number[]): Int32Array {
  const rows = new Int32Array(identities.length * DESTINATION_WORDS);
  for (const [place, identity] of identities.entries()) {
    const at = place * DESTINATION_WORDS;
    parseEndpoint(ADDRESS, PORT, rows, at);
    rows[at + 5] = identityWord(identity, 0);
    rows[at + DestinationColumn.used] = 1;
    rows[at + DestinationColumn.transport] = Transport.tls;
  }
  return rows;
}

test("of destinations at one place the first one is meant, and where nobody is any more, who left last", () => {
  const callers = new KnownCallers();
  const peer = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint(ADDRESS, 40_000, peer, 0);
  const whoIsThere = (destinations: Int32Array, departed: Int32Array): number => {
    callers.adopt({ destinations, departed });
    return callers.identityAt(peer, PORT);
  };
  assert.equal(whoIsThere(rowsOf(1, 2), rowsOf(3, 4)), 1);
  // Those who left first come first (control/departed.ts).
  assert.equal(whoIsThere(rowsOf(), rowsOf(3, 4)), 4);
  assert.equal(whoIsThere(rowsOf(), rowsOf()), 0);
  assert.equal(callers.identityAt(peer, PORT + 1), 0);
});
