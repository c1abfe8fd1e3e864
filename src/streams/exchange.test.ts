// What waits in a worker's ring when the stream worker dies is either sent by the next one or given up by the worker, never both.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRingMemory, RecordKind, Ring } from "../bridge/handoff.ts";
import { STREAM_WORDS, type StreamStart } from "../bridge/stream-start.ts";
import { Outbox } from "../net/batch.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { linkStreams } from "../proxy/stream-link.ts";
import { Exchange } from "./exchange.ts";

const peer = new Int32Array(ENDPOINT_WORDS);
parseEndpoint("192.0.2.9", 5060, peer, 0);

/** A request on a branch of this kind (bridge/branch-format.ts). */
function request(method: string, call: string, kind = "s"): string {
  return (
    `${method} sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK${kind}${"0".repeat(24)}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: ${call}\r\n` +
    `CSeq: 1 ${method}\r\nContent-Length: 0\r\n\r\n`
  );
}

/** A worker's end of the rings. */
class Sender {
  readonly toStreams = createRingMemory();
  readonly fromStreams = createRingMemory();
  readonly words = new SharedArrayBuffer(STREAM_WORDS * 4);
  readonly news = new Ring(this.fromStreams);
  outbox = this.begin();

  /** A worker begins, or the next one in its place. */
  begin(): Outbox {
    this.outbox = new Outbox((outbox) => {
      for (let i = 0; i < outbox.count; i++) assert.ok(outbox.passOn(outbox, i));
    });
    linkStreams(this.outbox, this);
    return this.outbox;
  }

  /** Writes it; it leaves when the turn ends. */
  writes(text: string): void {
    const at = this.outbox.claim();
    this.outbox.commit(this.outbox.bytes.write(text, at, "latin1"), 1, peer, 0);
  }

  sends(...texts: readonly string[]): void {
    for (const text of texts) this.writes(text);
    this.outbox.flush();
  }

  /** Hears that all connections are lost; whether that is new. */
  hears(): boolean {
    assert.ok(this.news.next());
    assert.deepEqual([this.news.kind, this.news.peer[4]], [RecordKind.lost, 0]);
    const { time } = this.news;
    this.news.take();
    return this.outbox.passAnew(time);
  }

  streams(isRestart: boolean): Exchange {
    const given = { toWorkers: [this.fromStreams], fromWorkers: [this.toStreams], seed: [1, 2], isRestart };
    return new Exchange(given as unknown as StreamStart, new Int32Array(this.words), () => undefined);
  }
}

/** First word and Call-ID of what would be sent. */
function sent(exchange: Exchange): string[] {
  const texts: string[] = [];
  exchange.drain((_worker, { bytes, start, end }) => void texts.push(bytes.toString("latin1", start, end)));
  return texts.map((text) => `${text.split(" ")[0]} ${/Call-ID: (\S*)/.exec(text)?.[1]}`);
}

test("a request that waited when the stream worker died is given up by its worker, and not sent by the next one", () => {
  const worker = new Sender();
  assert.deepEqual(sent(worker.streams(false)), []);
  worker.sends(request("INVITE", "waited"));
  const next = worker.streams(true);
  worker.sends(request("BYE", "before-the-news"));
  next.tellAllLost();
  assert.deepEqual(sent(next), []);
  worker.sends(request("OPTIONS", "still-before"));
  // Of the turn in which it hears of it.
  worker.writes(request("INVITE", "this-turn"));
  worker.hears();
  worker.sends(request("INVITE", "after"));
  assert.deepEqual(sent(next), ["INVITE after"]);
});

test("what no worker gives up is sent by the next stream worker, whenever it was written", () => {
  const worker = new Sender();
  const answer = request("INVITE", "answer").replace(/^.*/, "SIP/2.0 200 OK");
  const kept = [answer, request("ACK", "to-2xx", "a"), request("CANCEL", "cancel"), request("OPTIONS", "probe", "p")];
  worker.sends(...kept, request("ACK", "to-486"), request("INVITE", "stateless", "t"));
  const next = worker.streams(true);
  next.tellAllLost();
  const [first, ...others] = ["ACK to-2xx", "CANCEL cancel", "OPTIONS probe", "ACK to-486", "INVITE stateless"];
  assert.deepEqual(sent(next), ["SIP/2.0 answer", first, ...others]);
});

test("two deaths in a row: only the word about the latest one counts", () => {
  const worker = new Sender();
  worker.streams(true).tellAllLost();
  worker.sends(request("INVITE", "first"));
  const last = worker.streams(true);
  worker.hears();
  worker.sends(request("INVITE", "second"));
  last.tellAllLost();
  assert.deepEqual(sent(last), []);
  worker.hears();
  worker.sends(request("INVITE", "third"));
  assert.deepEqual(sent(last), ["INVITE third"]);
});

test("a worker that dies is followed by one that is heard, and that gives nothing up because of old news", () => {
  for (const isHeardBefore of [true, false]) {
    const worker = new Sender();
    worker.sends(request("INVITE", "dead"));
    const next = worker.streams(true);
    next.tellAllLost();
    if (isHeardBefore) worker.news.next();
    if (isHeardBefore) worker.news.take();
    worker.begin();
    worker.sends(request("INVITE", "new"));
    if (!isHeardBefore) assert.equal(worker.hears(), false);
    assert.deepEqual(sent(next), ["INVITE new"]);
  }
});

test("a worker that begins while there is no stream worker gives up what the next one drops", () => {
  const worker = new Sender();
  worker.streams(false);
  worker.begin();
  worker.sends(request("INVITE", "early"));
  const next = worker.streams(true);
  next.tellAllLost();
  assert.deepEqual(sent(next), []);
  assert.equal(worker.hears(), true);
  worker.sends(request("INVITE", "late"));
  assert.deepEqual(sent(next), ["INVITE late"]);
});
