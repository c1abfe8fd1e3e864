// Run by `SlowClients` (slow-clients.ts) as a process of its own: clients that take long, or do nothing at all. Whoever is closed comes
// again, so that there are always as many.
import { connect, type Socket } from "node:net";
import type { Peer } from "../../src/ua/transport.ts";

/** What it is started with. */
export interface SlowClientsPlan {
  readonly tcp: Peer;
  readonly tls: Peer;
  /** Clients over TCP: a third of them says nothing, a third sends a byte a second, a third does not read its answers. */
  readonly slow: number;
  /** Clients that connect for TLS and never begin its handshake. */
  readonly stalled: number;
}

/** Addresses that they come from: no destination's, and so many that none has too many of them. */
const SOURCES = 50;
/** Each sends a byte a second, at a moment of its own within that: they do not know each other. */
const DRIP = 1_000;
const MOMENTS = 1_000;
/** New connections of one round, so that those of calls are not behind thousands. */
const ABREAST = 5;
const ROUND = 5;
const REQUEST =
  "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bKslow;rport\r\nMax-Forwards: 70\r\n" +
  "From: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: slow\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

const { tcp, tls, slow, stalled } = JSON.parse(process.argv[2] ?? "") as SlowClientsPlan;
/** All kinds in a mix: those that are closed after the same time are not closed at the same time. */
const waiting = Array.from({ length: slow + stalled }, (_, i) => i).sort((a, b) => shuffled(a) - shuffled(b));
const dripping: Map<Socket, number>[] = Array.from({ length: MOMENTS }, () => new Map());
let moment = 0;
let open = 0;

function shuffled(i: number): number {
  return (i * 0x9e3779b1) >>> 0;
}

function begin(i: number): void {
  const drips = dripping[i % MOMENTS]!;
  const localAddress = `127.77.0.${1 + (i % SOURCES)}`;
  const { address, port } = i < slow ? tcp : tls;
  const socket = connect({ host: address, port, localAddress });
  let isThere = false;
  socket.once("connect", () => {
    isThere = true;
    open++;
    if (i >= slow || i % 3 === 0) return;
    if (i % 3 === 1) drips.set(socket, 0);
    else {
      socket.pause();
      socket.write(REQUEST);
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    if (isThere) open--;
    drips.delete(socket);
    waiting.push(i);
  });
}

setInterval(() => {
  for (const i of waiting.splice(0, ABREAST)) begin(i);
}, ROUND);
setInterval(() => {
  const drips = dripping[moment++ % MOMENTS]!;
  for (const [socket, at] of drips) {
    socket.write(REQUEST[at % REQUEST.length] ?? "");
    drips.set(socket, at + 1);
  }
}, DRIP / MOMENTS);
setInterval(() => process.send?.(open), 100);
process.on("disconnect", () => process.exit());
