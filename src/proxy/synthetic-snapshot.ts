// A snapshot that nobody configured: what the warm-up, the benches and the tests of the proxy run with.
import { routeOfAll } from "../bridge/route-entry.ts";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { compileHashSlots } from "../dispatch/hash-slots.ts";
import { NO_RESOURCES, PLAIN_RULE } from "../dispatch/resources.ts";
import { SlotChoice } from "../dispatch/types.ts";
import { hashEndpoint, parseEndpoint } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";

/** What our Record-Route names the first destination by (bridge/snapshot.ts). */
const IDENTITY = 0x5e7d0001;

/** A snapshot of one listener, one set of `count` destinations (at most 8) from 192.0.2.2 on, and one route. */
export function syntheticSnapshot(stateful: boolean, count = 1, algorithm = "hash-call-id"): Snapshot {
  const memory = new SharedArrayBuffer(4096);
  const destinations = new Int32Array(memory, 0, count * DESTINATION_WORDS);
  const endpoints = new Int32Array(memory, 1024, 16);
  for (let slot = 0; slot < count; slot++) {
    const row = slot * DESTINATION_WORDS;
    parseEndpoint(`192.0.2.${2 + slot}`, 5060, destinations, row);
    destinations[row + DestinationColumn.listener] = -1;
    destinations[row + DestinationColumn.used] = 1;
    destinations[row + DestinationColumn.identity] = IDENTITY + slot;
    destinations[row + DestinationColumn.transport] = Transport.udp;
    let place = hashEndpoint(destinations, row) & 15;
    while (endpoints[place] !== 0) place = (place + 1) & 15;
    endpoints[place] = slot + 1;
  }
  const slots = new Uint16Array(memory, 2048, count);
  for (let slot = 0; slot < count; slot++) slots[slot] = slot;
  const table = new Uint16Array(memory, 2176, 1);
  table.set(compileHashSlots(slots));
  const unavailable = { status: 500, reason: "", retryAfter: 0 };
  return {
    generation: 1,
    listeners: [
      {
        transport: "udp",
        host: "192.0.2.1",
        port: 5060,
        sentBy: "192.0.2.1:5060",
        isV6: false,
        isWildcard: false,
        allow: new Int32Array(0),
        repairsContact: false,
        reuses: false,
        connectOnly: false,
        proxies: [],
      },
    ],
    sets: [
      {
        index: 0,
        name: "warm",
        algorithm,
        slotChoice: SlotChoice.kamailio,
        slots,
        hasStandby: false,
        startsSlowly: false,
        weights: new Uint16Array(memory, 2080, count).fill(1),
        maxCalls: new Int32Array(memory, 2112, count),
        table,
        key: -1,
        useDefault: false,
        rule: PLAIN_RULE,
        facts: [],
        loadBound: 1.25,
        maxBranches: 1,
        failover: {
          codes: [503],
          onTimeout: true,
          onRingTimeout: false,
          onTransportError: true,
          tries: 3,
          answerWithin: 2000,
          ringLimit: 0,
          afterProvisional: false,
          marks: [],
          marksTimeout: false,
          markAs: "inactive",
          markAfter: 1,
          retryAfterCap: 60_000,
          unavailable,
        },
      },
    ],
    algorithms: [],
    routes: [
      routeOfAll("warm", {
        kind: "dispatch",
        set: 0,
        others: [],
        key: -1,
        resources: 0,
        stateful,
        path: "supported",
        treatment: null,
        noDestination: null,
      }),
    ],
    expressions: [],
    destinations,
    destinationRows: count,
    resources: { ...NO_RESOURCES, names: [] },
    rewritings: [],
    endpoints,
    departed: { rows: new Int32Array(0), endpoints: new Int32Array(1) },
    timers: { t1: 500, t2: 4000, c: 181_000, linger: 10, dialog: 1000 },
    overload: {
      queues: true,
      streamDelay: 500,
      newCalls: 0,
      newRequests: 0,
      burst: 250,
      answers: 1_000_000,
      retryAfter: 10_000,
      emergency: [{ urn: Buffer.from("urn:service:sos", "latin1"), uri: null }],
    },
    keepAlive: { interval: 0, kind: "crlf", flows: 1 },
    limits: { headerBytes: 32_768, requestBytes: 65_507, headerLines: 512, vias: 70, uriBytes: 4096 },
    largeBytes: 1300,
    keys: [new Uint8Array(16)],
    stateful,
    closing: false,
    accessLog: false,
    serverHeader: "",
    trusted: new Int32Array(0),
    scanners: ["friendly-scanner"],
    rates: null,
    protectedHeaders: ["P-Asserted-Identity"],
    memory,
  };
}
