// Runs made-up calls through the loop before the first real one, so that the compiler has seen it all: a cold worker that
// is hit by 60,000 requests a second loses thousands of packets, a warm one none.
import { createCountersMemory } from "../bridge/counters.ts";
import { createRingMemory, Ring } from "../bridge/handoff.ts";
import { createLiveTablesMemory } from "../bridge/live-tables.ts";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { CONTROL_WORDS, type WorkerStart } from "../bridge/worker-start.ts";
import { SlotChoice } from "../dispatch/types.ts";
import { Inbox, Outbox } from "../net/batch.ts";
import { hashEndpoint, parseEndpoint } from "../net/endpoint.ts";
import type { Plane } from "../net/plane.ts";
import { Adopted } from "./adopted.ts";
import { Context } from "./context.ts";
import { Loop } from "./loop.ts";

const CALLS = 3000;
/** Calls between two pauses. */
const SLICE = 8;
const DESTINATION = "192.0.2.2";
const CALLER = "192.0.2.3";

/** A snapshot of one listener, one destination and one route. */
export function syntheticSnapshot(stateful: boolean): Snapshot {
  const memory = new SharedArrayBuffer(4096);
  const destinations = new Int32Array(memory, 0, DESTINATION_WORDS);
  parseEndpoint(DESTINATION, 5060, destinations, 0);
  destinations[DestinationColumn.listener] = -1;
  destinations[DestinationColumn.used] = 1;
  const endpoints = new Int32Array(memory, 1024, 16);
  endpoints[hashEndpoint(destinations, 0) & 15] = 1;
  const unavailable = { status: 500, reason: "", retryAfter: 0 };
  return {
    generation: 1,
    listeners: [
      { transport: "udp", host: "192.0.2.1", port: 5060, sentBy: "192.0.2.1:5060", isV6: false, isWildcard: false },
    ],
    sets: [
      {
        index: 0,
        name: "warm",
        algorithm: "hash-call-id",
        slotChoice: SlotChoice.kamailio,
        slots: new Uint16Array(memory, 2048, 1),
        weights: new Uint16Array(memory, 2056, 1).fill(1),
        maxCalls: new Int32Array(memory, 2064, 1),
        table: new Uint16Array(memory, 2072, 0),
        failover: {
          codes: [503],
          onTimeout: true,
          onTransportError: true,
          tries: 3,
          answerWithin: 2000,
          afterProvisional: false,
          unavailable,
        },
      },
    ],
    routes: [
      {
        name: "warm",
        methods: [],
        requestUri: null,
        from: null,
        to: null,
        source: [],
        fromSet: -1,
        listener: -1,
        action: { kind: "dispatch", set: 0, key: -1, stateful },
      },
    ],
    destinations,
    destinationRows: 1,
    endpoints,
    timers: { t1: 500, t2: 4000, c: 181_000, linger: 10, dialog: 1000 },
    keys: [new Uint8Array(16)],
    stateful,
    closing: false,
    accessLog: false,
    serverHeader: "",
    trusted: [],
    protectedHeaders: ["P-Asserted-Identity"],
    memory,
  };
}

/** A plane without sockets: what is sent is kept as text. */
class SilentPlane implements Plane {
  readonly inbox: Inbox = new Inbox();
  readonly outbox: Outbox = new Outbox((outbox) => {
    for (let i = 0; i < outbox.count; i++)
      this.sent.push(outbox.bytes.toString("latin1", outbox.start[i], outbox.end[i]));
  });
  readonly counts: Plane["counts"] = { oversized: 0, unsent: 0, unreachable: 0 };
  sent: string[] = [];
  run(): void {}
  stop(): void {}
}

function header(message: string, name: string): string {
  const start = message.indexOf(`\r\n${name}: `) + name.length + 4;
  return message.slice(start, message.indexOf("\r\n", start));
}

/** The 200 that a destination would send: the forwarded request's header section with another start line. */
function answer(request: string): string {
  const end = request.indexOf("\r\n\r\n");
  const head = request.slice(request.indexOf("\r\n"), end).replace(/\r\nContent-[^\r]*/g, "");
  const to = header(request, "To");
  return `SIP/2.0 200 OK${head.replace(to, to.includes(";tag=") ? to : `${to};tag=w`)}\r\nContent-Length: 0\r\n\r\n`;
}

function request(method: string, call: number, route: string): string {
  const tag = route === "" ? "" : ";tag=w";
  const cseq = method === "BYE" ? 2 : 1;
  const body =
    method === "INVITE"
      ? "v=0\r\no=- 1 1 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.3\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0 8\r\n"
      : "";
  return (
    `${method} sip:user${call}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP ${CALLER}:5060;branch=z9hG4bK-${method}-${call};rport\r\n` +
    `Max-Forwards: 70\r\n${route}Contact: <sip:alice@${CALLER}:5060>\r\nTo: <sip:user${call}@example.com>${tag}\r\n` +
    `From: "Alice" <sip:alice@example.com>;tag=${call}\r\nCall-ID: ${call}-warm@example.com\r\nCSeq: ${cseq} ${method}\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

/**
 * Runs calls through a loop of its own, over tables of its own; about a third of a second. With a `pause` (milliseconds
 * after every few calls) it takes its time: a spare that warms up must not take the processor from those who work.
 */
export function warmUp(calls: number = CALLS, pause = 0): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (const stateful of [true, false]) {
    const plane = new SilentPlane();
    const snapshot = syntheticSnapshot(stateful);
    const control = new SharedArrayBuffer(2 * CONTROL_WORDS * 4);
    const start: WorkerStart = {
      index: 0,
      workers: 1,
      io: "batched",
      sockets: [],
      bells: [],
      control,
      live: createLiveTablesMemory(1),
      counters: createCountersMemory(1),
      rings: [],
      snapshot,
      limits: { transactions: 4096, dialogs: 4096, messageBytes: 1 << 24 },
      receiveBuffer: 0,
      seed: [1, 2],
    };
    const words = new Int32Array(control);
    words[0] = 1;
    const context = new Context(
      start,
      plane.outbox,
      new Ring(createRingMemory(1 << 16)),
      new Adopted(snapshot),
      Math.floor(performance.now()) | 0,
    );
    const loop = new Loop(context, plane, {
      incoming: [],
      outgoing: [null],
      control: words,
      now: () => performance.now(),
      wake() {},
      adopt() {},
    });
    const feed = (text: string, from: string): string => {
      const { inbox } = plane;
      inbox.end[0] = inbox.start[0]! + inbox.bytes.write(text, inbox.start[0]!, "latin1");
      parseEndpoint(from, 5060, inbox.peer, 0);
      plane.sent = [];
      loop.receive(1);
      loop.tick();
      plane.outbox.flush();
      return plane.sent[0] ?? "";
    };
    for (let call = 0; call < calls; call++) {
      const invited = feed(request("INVITE", call, ""), CALLER);
      feed(answer(invited), DESTINATION);
      const route = `Route: ${header(invited, "Record-Route")}\r\n`;
      feed(request("ACK", call, route), CALLER);
      feed(answer(feed(request("BYE", call, route), CALLER)), DESTINATION);
      if (call % SLICE !== 0) continue;
      feed(request("OPTIONS", call, ""), CALLER);
      if (pause > 0) Atomics.wait(never, 0, 0, pause);
    }
  }
}
