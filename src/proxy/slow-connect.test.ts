// A request waits for a connection that takes long to be made: to which other addresses of its name it may go, and what becomes of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRingMemory, RecordKind, Ring } from "../bridge/handoff.ts";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";
import { StreamRings } from "./stream-rings.ts";

const NAME = 2;
const V6 = "[2001:db8::7]:5060";
const peer = new Int32Array(ENDPOINT_WORDS);

/** Slots 0 to 2 are one name, of which slot 2 is at an address of IPv6; slot 3 is another one's. */
function ofOneName(snapshot: Snapshot): Snapshot {
  for (const slot of [0, 1, 2]) snapshot.destinations[slot * DESTINATION_WORDS + DestinationColumn.used] = NAME;
  parseEndpoint("2001:db8::7", 5060, snapshot.destinations, 2 * DESTINATION_WORDS);
  return snapshot;
}

/** A worker whose call waits for the connection to the first of four destinations. */
class Waiting {
  readonly rig: Rig;
  readonly invite: Left;
  /** Slots that were named, in turn. */
  readonly named: number[] = [];
  readonly #ring: Ring;

  constructor(options: RigOptions = {}) {
    const memory = createRingMemory();
    this.#ring = new Ring(memory);
    const streams = new StreamRings(new Ring(memory), new Ring(createRingMemory()));
    this.rig = new Rig({
      ...{ destinations: 4, farTcp: true, algorithm: "priority", reshape: ofOneName, streams },
      ...options,
    });
    this.rig.context.outbox.passDial = (_listener, _peer, _at, _number, slot) => void this.named.push(slot);
    [this.invite] = this.rig.receive(request("INVITE")) as [Left];
    assert.equal(this.invite.to, destinationAt(0));
  }

  /** The stream worker asks for address number `turn`. */
  asks(turn: number): void {
    this.#tell(RecordKind.slow, 1, turn);
  }

  /** The connection to the destination in this slot was made first; returns what leaves. */
  outrunBy(slot: number): readonly Left[] {
    return this.#tell(RecordKind.outrun, slot, 0);
  }

  #tell(what: RecordKind, time: number, first: number): readonly Left[] {
    const bytes = Buffer.from(this.invite.text, "latin1");
    this.#ring.push(what, 1, time, peer, 0, Int32Array.of(first, 0, 0, 0), 0, bytes, 0, bytes.length);
    return this.rig.pass(10);
  }
}

const brief = (left: readonly Left[]): string[] => left.map(({ text, to }) => `${kind(text)} ${to}`);

test("the other family comes first, then the addresses of its own, and nobody of another name", () => {
  const waiting = new Waiting();
  for (const turn of [0, 1, 2, 3]) waiting.asks(turn);
  assert.deepEqual(waiting.named, [2, 1]);
});

test("a destination that is down is not named, and nobody where a lost connection moves no request", () => {
  const waiting = new Waiting();
  waiting.rig.context.live.setState(2, 4);
  waiting.asks(0);
  assert.deepEqual(waiting.named, [1]);
  const staying = new Waiting({ failover: { onTransportError: false } });
  staying.asks(0);
  assert.deepEqual(staying.named, []);
});

test("the call goes to the address that is connected first, which counts as no failure and no try", () => {
  const waiting = new Waiting({ failover: { tries: 2 } });
  const { rig, invite } = waiting;
  const [second, ...more] = waiting.outrunBy(2);
  assert.deepEqual([kind(second!.text), second!.to, more], ["INVITE", V6, []]);
  assert.notEqual(header(second!.text, "Via"), header(invite.text, "Via"));
  const { live } = rig.context;
  assert.deepEqual([live.load(0), live.load(2)], [0, 1]);
  assert.deepEqual([live.counter(0, "transport_errors"), rig.counter("failovers_transport_error")], [0, 0]);
  // One try is left, and who was waited for at first is the last to be tried.
  const third = rig.refuse(second!);
  assert.deepEqual(brief(third), [`INVITE ${destinationAt(1)}`]);
  rig.receive(response(third[0]!.text, 200), destinationAt(1));
  rig.pass(4 * 3_600_000, 1000);
  assert.equal(rig.held(4), "");
});

test("an attempt that fails later counts against its destination, and moves nothing", () => {
  const waiting = new Waiting();
  waiting.outrunBy(2);
  assert.deepEqual(waiting.rig.refuse(waiting.invite), []);
  assert.equal(waiting.rig.context.live.counter(0, "transport_errors"), 1);
});

test("the later loss of a connection that it has not left by says nothing", () => {
  const waiting = new Waiting();
  waiting.outrunBy(2);
  assert.deepEqual(waiting.rig.lose(destinationAt(0)), []);
  assert.equal(waiting.rig.context.live.counter(0, "transport_errors"), 0);
});

test("a call that is cancelled meanwhile waits where it did, and nobody else is named", () => {
  const waiting = new Waiting();
  waiting.rig.receive(request("CANCEL"));
  const [again, ...more] = waiting.outrunBy(2);
  assert.deepEqual([again!.text, again!.to, more], [waiting.invite.text, destinationAt(0), []]);
  waiting.asks(0);
  assert.deepEqual(waiting.named, []);
  const answered = waiting.rig.receive(response(again!.text, 180), destinationAt(0));
  assert.ok(brief(answered).includes(`CANCEL ${destinationAt(0)}`), brief(answered).join());
});

test("whoever is full by then does not get it: it waits where it did, and is counted there", () => {
  const waiting = new Waiting({ maxCalls: 1 });
  const { live } = waiting.rig.context;
  live.reserve(0, 2, 0);
  const [again] = waiting.outrunBy(2);
  assert.deepEqual([again!.text, again!.to, live.load(0), live.load(2)], [waiting.invite.text, destinationAt(0), 1, 1]);
});
