// What state costs: bytes of resident memory per open INVITE transaction and per live dialog, measured on the real tables and
// the real loop over a plane without sockets. `node bench/memory.ts`; leaves with 1 when a figure is above its limit. `--tenth`: a tenth of
// the transactions and dialogs.

import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Snapshot } from "../src/bridge/snapshot.ts";
import { parseEndpoint } from "../src/net/endpoint.ts";
import type { Context } from "../src/proxy/context.ts";
import { loneLoop } from "../src/proxy/lone-loop.ts";
import type { Loop } from "../src/proxy/loop.ts";
import { SilentPlane } from "../src/proxy/silent-plane.ts";
import { syntheticSnapshot } from "../src/proxy/synthetic-snapshot.ts";

const MAX_PER_TRANSACTION = 2048;
const MAX_PER_DIALOG = 300;
const { tenth } = parseArgs({ options: { tenth: { type: "boolean", default: false } } }).values;
const TRANSACTIONS = tenth ? 20_000 : 200_000;
/** Places in their table: the last 1/32 of them is for requests in dialogs only (docs/guide/security.md). */
const TRANSACTION_PLACES = TRANSACTIONS + TRANSACTIONS / 16;
const DIALOGS = tenth ? 100_000 : 1_000_000;
const SAMPLE = 1000;
const CALLER = "192.0.2.3";
const DESTINATION = "192.0.2.2";
/** Calls between two steps of the clock, which end the transactions and leave the dialogs. */
const BATCH = 1000;

const SDP =
  "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.3\r\nt=0 0\r\n" +
  "m=audio 49172 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n" +
  "a=fmtp:101 0-15\r\na=sendrecv\r\n";

function request(method: string, call: number, toTag: string): string {
  const body = method === "INVITE" ? SDP : "";
  return (
    `${method} sip:user${call}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP ${CALLER}:5060;branch=z9hG4bK-${method}-${call};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: "Alice" <sip:alice@example.com>;tag=a${call}\r\nTo: <sip:user${call}@example.com>${toTag}\r\n` +
    `Call-ID: ${call}-8261548-1637493@192.0.2.3\r\nCSeq: ${method === "INVITE" ? 1 : 2} ${method}\r\n` +
    `Contact: <sip:alice@${CALLER}:5060>\r\nAllow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\nUser-Agent: load/1.0\r\n` +
    `${body === "" ? "" : "Content-Type: application/sdp\r\n"}Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

function answer(forwarded: string, status: string): string {
  const head = forwarded.slice(forwarded.indexOf("\r\n"), forwarded.indexOf("\r\n\r\n"));
  const kept = head.replace(/\r\n(?:Content-|Allow|User-Agent|Max-Forwards)[^\r]*/g, "");
  return `SIP/2.0 ${status}${kept.replace(/(\r\nTo: [^\r]*)/, "$1;tag=b")}\r\nContent-Length: 0\r\n\r\n`;
}

/** One worker's tables and loop, with a clock that stands still unless told otherwise. */
class Bench {
  readonly context: Context;
  readonly #plane: SilentPlane = new SilentPlane();
  readonly #loop: Loop;
  #now = 1000;

  constructor(transactions: number, dialogs: number) {
    const snapshot: Snapshot = {
      ...syntheticSnapshot(true),
      timers: { t1: 500, t2: 4000, c: 181_000, linger: 100, dialog: 43_200_000 },
    };
    const lone = loneLoop(this.#plane, {
      snapshot,
      limits: { transactions, dialogs, messageBytes: 2 ** 31 },
      now: () => this.#now,
    });
    this.context = lone.context;
    this.#loop = lone.loop;
  }

  /** Receives one message; returns the last one sent because of it, or "". */
  feed(text: string, from: string): string {
    const { inbox, outbox, sent } = this.#plane;
    inbox.end[0] = inbox.start[0]! + inbox.bytes.write(text, inbox.start[0]!, "latin1");
    parseEndpoint(from, 5060, inbox.peer, 0);
    sent.length = 0;
    this.#loop.receive(1);
    outbox.flush();
    return sent.at(-1)?.bytes.toString("latin1") ?? "";
  }

  /** An INVITE and, unless it is "", an answer with this status line. */
  call(number: number, status: string): void {
    const forwarded = this.feed(request("INVITE", number, ""), CALLER);
    if (status !== "") this.feed(answer(forwarded, status), DESTINATION);
  }

  /** Lets `milliseconds` pass. */
  pass(milliseconds: number): void {
    for (const end = this.#now + milliseconds; this.#now < end; this.#now += 10) while (this.#loop.tick() === 0);
    this.#plane.outbox.flush();
    this.#plane.sent.length = 0;
  }
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Resident bytes after a garbage collection. */
function resident(): number {
  collect();
  return process.memoryUsage.rss();
}

let isOver = false;

function report(what: string, figure: number, limit: number): void {
  isOver ||= figure > limit;
  console.log(`${what.padEnd(64)} ${figure.toFixed(0).padStart(5)} bytes (at most ${limit})`);
}

function transactions(title: string, status: string): void {
  const bench = new Bench(TRANSACTION_PLACES, TRANSACTION_PLACES);
  for (let i = 0; i < 500; i++) bench.call(i, status);
  const before = resident();
  const stored = bench.context.store.used;
  for (let i = 0; i < TRANSACTIONS; i++) bench.call(500 + i, status);
  const grown = resident() - before;
  const open = bench.context.transactions.count;
  if (open !== TRANSACTIONS + 500) throw new Error(`${open} transactions are open`);
  const messages = bench.context.store.used - stored;
  console.log(
    `${TRANSACTIONS} ${title}: ${(grown / 2 ** 20).toFixed(0)} MiB, ${(messages / 2 ** 20).toFixed(0)} MiB of them stored messages`,
  );
  report(
    `per open INVITE transaction, ${title}, without stored messages`,
    (grown - messages) / TRANSACTIONS,
    MAX_PER_TRANSACTION,
  );
}

function dialogs(): void {
  const bench = new Bench(16_384, DIALOGS + 10_000);
  for (let i = 0; i < BATCH; i++) bench.call(i, "200 OK");
  bench.pass(1000);
  const before = resident();
  for (let i = BATCH; i < BATCH + DIALOGS; i++) {
    bench.call(i, "200 OK");
    if (i % BATCH === 0) bench.pass(200);
  }
  bench.pass(1000);
  const grown = resident() - before;
  const { dialogs: table, transactions: open } = bench.context;
  if (table.count !== DIALOGS + BATCH || open.count !== 0)
    throw new Error(`${table.count} dialogs, ${open.count} transactions`);
  console.log(`${DIALOGS} dialogs: ${(grown / 2 ** 20).toFixed(0)} MiB`);
  report("per live dialog", grown / DIALOGS, MAX_PER_DIALOG);
  let found = 0;
  for (let i = 0; i < SAMPLE; i++) {
    const bye = bench.feed(request("BYE", Math.floor((i * DIALOGS) / SAMPLE), ";tag=b"), CALLER);
    if (bye.startsWith("BYE ")) found++;
  }
  console.log(`${found} of ${SAMPLE} BYE without Route found their dialog among ${table.count}`);
  isOver ||= found !== SAMPLE;
}

transactions("without any answer", "");
transactions("that ring", "180 Ringing");
dialogs();
process.exitCode = isOver ? 1 : 0;
