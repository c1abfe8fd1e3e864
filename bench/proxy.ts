// What a message costs in the proxy itself, without sockets: whole calls in batches of 64 through the loop, each step of
// the call timed apart. `node bench/proxy.ts [stateful|stateless] [rounds]`. V8 compiles beside it here, not on its own thread as in a
// worker: rounds after the first few show the same code.

import { compileForPackets } from "../src/compiler.ts";
import { BATCH, Inbox, Outbox } from "../src/net/batch.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../src/net/endpoint.ts";
import { noCounts, type Plane } from "../src/net/plane.ts";
import { loneLoop } from "../src/proxy/lone-loop.ts";
import { syntheticSnapshot } from "../src/proxy/synthetic-snapshot.ts";
import { CALLS, WarmUp } from "../src/proxy/warm.ts";

compileForPackets();
const stateful = process.argv[2] !== "stateless";
const rounds = Number(process.argv[3] ?? 300);

const sent: Buffer[] = [];
const plane: Plane = {
  inbox: new Inbox(),
  outbox: new Outbox((outbox) => {
    for (let i = 0; i < outbox.count; i++)
      sent.push(Buffer.from(outbox.bytes.subarray(outbox.start[i], outbox.end[i])));
  }),
  counts: noCounts(),
  run() {},
  stop() {},
};
const snapshot = syntheticSnapshot(stateful);
new WarmUp(null).until(CALLS);
const { loop } = loneLoop(plane, {
  snapshot: { ...snapshot, timers: { ...snapshot.timers, linger: Number(process.env.LINGER ?? 20) } },
  limits: { transactions: 1_000_000, dialogs: 1_000_000, messageBytes: 1 << 30 },
  now: () => performance.now(),
});

const SDP =
  "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.3\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0 8 9 101\r\n" +
  "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n";
const EXTRA =
  "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO\r\nSupported: replaces, timer, outbound\r\n" +
  "Session-Expires: 1800\r\nUser-Agent: Bench/1.0\r\nContent-Type: application/sdp\r\n";

function request(method: string, id: string, route: string): Buffer {
  const isInvite = method === "INVITE";
  const tag = isInvite ? "" : ";tag=a6c85cf";
  return Buffer.from(
    `${method} sip:user1234567@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bK-${method}-524287-${id};rport\r\n` +
      `Max-Forwards: 70\r\n${route}Contact: <sip:alice12@192.0.2.3:5060>\r\nTo: <sip:user1234567@example.com>${tag}\r\n` +
      `From: "Alice" <sip:alice12@example.com>;tag=${id}\r\nCall-ID: ${id}-bench@192.0.2.3\r\nCSeq: ${method === "BYE" ? 2 : 1} ${method}\r\n` +
      (isInvite ? `${EXTRA}Content-Length: ${SDP.length}\r\n\r\n${SDP}` : "Content-Length: 0\r\n\r\n"),
    "latin1",
  );
}

/** The destination's 200 to a forwarded request. */
function answer(bytes: Buffer): Buffer {
  const text = bytes.toString("latin1");
  const keep = text
    .split("\r\n\r\n")[0]!
    .split("\r\n")
    .filter((line) => /^(Via|Record-Route|From|To|Call-ID|CSeq):/.test(line));
  const lines = keep.map((line) => (line.startsWith("To:") && !line.includes(";tag=") ? `${line};tag=a6c85cf` : line));
  return Buffer.from(
    `SIP/2.0 200 OK\r\n${lines.join("\r\n")}\r\nContact: <sip:uas@192.0.2.2:5060>\r\nServer: B/1.0\r\nContent-Length: 0\r\n\r\n`,
    "latin1",
  );
}

const STEPS = ["INVITE", "200", "ACK", "BYE", "200 to BYE"] as const;
const best = STEPS.map(() => Number.POSITIVE_INFINITY);
const sums = STEPS.map(() => 0);

function step(index: number, messages: readonly Buffer[], from: string): Buffer[] {
  const { inbox } = plane;
  messages.forEach((bytes, i) => {
    bytes.copy(inbox.bytes, inbox.start[i]!);
    inbox.end[i] = inbox.start[i]! + bytes.length;
    parseEndpoint(from, 5060, inbox.peer, i * ENDPOINT_WORDS);
  });
  sent.length = 0;
  const before = process.hrtime.bigint();
  loop.receive(messages.length);
  loop.tick();
  const took = Number(process.hrtime.bigint() - before) / messages.length;
  plane.outbox.flush();
  best[index] = Math.min(best[index]!, took);
  sums[index]! += took;
  if (sent.length !== messages.length) throw new Error(`${STEPS[index]}: ${messages.length} in, ${sent.length} out`);
  return [...sent];
}

let serial = 0;
for (let round = 0; round < rounds; round++) {
  if (round === Math.floor(rounds / 3)) best.fill(Number.POSITIVE_INFINITY);
  const ids = Array.from({ length: BATCH }, () => (serial++).toString(16).padStart(16, "0"));
  const invited = step(
    0,
    ids.map((id) => request("INVITE", id, "")),
    "192.0.2.3",
  );
  const routes = invited.map((bytes) => `Route: ${/Record-Route: ([^\r]+)/.exec(bytes.toString("latin1"))![1]}\r\n`);
  step(1, invited.map(answer), "192.0.2.2");
  step(
    2,
    ids.map((id, i) => request("ACK", id, routes[i]!)),
    "192.0.2.3",
  );
  const ended = step(
    3,
    ids.map((id, i) => request("BYE", id, routes[i]!)),
    "192.0.2.3",
  );
  step(4, ended.map(answer), "192.0.2.2");
}
console.log(
  `${stateful ? "stateful" : "stateless"}, ${rounds} rounds of ${BATCH} calls, ns per message: best round / mean`,
);
for (const [i, name] of STEPS.entries()) {
  console.log(`  ${name.padEnd(11)} ${best[i]!.toFixed(0).padStart(6)} / ${(sums[i]! / rounds).toFixed(0)}`);
}
console.log(`  ${"per message".padEnd(11)} ${(best.reduce((a, b) => a + b) / STEPS.length).toFixed(0).padStart(6)}`);
