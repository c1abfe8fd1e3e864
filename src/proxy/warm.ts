// Runs made-up calls through the loop before the first real one, so that the compiler has seen it all: a cold worker that
// is hit by 60,000 requests a second loses thousands of packets, a warm one none. What the compiler has not seen here costs
// twice: optimised code is thrown away at the first real message that differs, and made again while packets wait. So the
// calls come in full batches, over snapshots that were cloned as the real ones are, and things go wrong in them.
import { createRingMemory, Ring } from "../bridge/handoff.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { SlotChoice } from "../dispatch/types.ts";
import { BATCH } from "../net/batch.ts";
import { ENDPOINT_WORDS, formatAddress, parseEndpoint } from "../net/endpoint.ts";
import { loneLoop } from "./lone-loop.ts";
import type { Loop } from "./loop.ts";
import { SilentPlane } from "./silent-plane.ts";
import { syntheticSnapshot } from "./synthetic-snapshot.ts";
import { answer, byeOfDestination, CALLER, callOf, dialogOf, lengthened, PROBED, request } from "./warm-messages.ts";

/** Made-up calls before the first real one; about a second. */
export const CALLS = 4000;
/** And with those that a worker makes in turns in which nothing waits for it: then all is compiled. */
export const ALL_CALLS = 20_000;
/** Calls between two pauses. */
const SLICE = 8;
/** Calls of one turn in which nothing waited: a message that comes meanwhile waits for them (decision 0014 says how long). */
const SPARE_TIME = 2;
/** Milliseconds that pass from one batch to the next in the made-up world; not in step with the wheels, as no real time is. */
const STEP = 31;
/** How full the queue is that the next messages come from, of 255; most of a balancer's queues are nearly empty, some are too full. */
const FILLS = [0, 9, 0, 31, 0, 0, 90, 0, 240] as const;
const KINDS = [
  { stateful: true, algorithm: "round-robin", slotChoice: SlotChoice.spread, destinations: 3 },
  { stateful: false, algorithm: "hash-call-id", slotChoice: SlotChoice.spread, destinations: 2 },
  { stateful: true, algorithm: "hash-call-id", slotChoice: SlotChoice.kamailio, destinations: 2 },
  { stateful: false, algorithm: "hash-from", slotChoice: SlotChoice.kamailio, destinations: 3 },
] as const;

/** A datagram of the made-up world: what it says, and who sends it or is sent it. */
interface Datagram {
  readonly text: string;
  readonly host: string;
}

/** A loop over tables of its own, in a world without sockets whose clock stands still between batches. */
class World {
  readonly #plane: SilentPlane = new SilentPlane();
  readonly #loop: Loop;
  #now = 1000;
  #exchanges = 0;

  constructor({ stateful, algorithm, slotChoice, destinations }: (typeof KINDS)[number]) {
    const base = syntheticSnapshot(stateful, destinations, algorithm);
    // Cloned as a snapshot that was posted to a worker: its objects are of another hidden class than those written here.
    const snapshot = structuredClone({
      ...base,
      sets: base.sets.map((set) => ({ ...set, slotChoice })),
      timers: { ...base.timers, linger: 400 },
    });
    this.#loop = loneLoop(this.#plane, {
      snapshot,
      limits: { transactions: 8192, dialogs: 8192, messageBytes: 1 << 24 },
      now: () => this.#now,
      incoming: [new Ring(createRingMemory(1 << 16))],
    }).loop;
  }

  /** All of `datagrams` arrive, a batch at a time. */
  exchange(datagrams: readonly Datagram[]): void {
    const { counts, inbox, sent } = this.#plane;
    sent.length = 0;
    counts.fill = FILLS[this.#exchanges++ % FILLS.length]!;
    for (let first = 0; first < datagrams.length; first += BATCH) {
      const count = Math.min(BATCH, datagrams.length - first);
      for (let i = 0; i < count; i++) {
        const { text, host } = datagrams[first + i]!;
        inbox.end[i] = inbox.start[i]! + inbox.bytes.write(text, inbox.start[i]!, "latin1");
        parseEndpoint(host, 5060, inbox.peer, i * ENDPOINT_WORDS);
      }
      this.#loop.receive(count);
    }
    this.pass(STEP);
  }

  /** What left since the last exchange began, and begins like that: most of it nobody reads. */
  left(beginning: string): Datagram[] {
    return this.#plane.sent
      .filter(({ bytes }) => bytes.toString("latin1", 0, beginning.length) === beginning)
      .map(({ bytes, peer }) => ({ text: lengthened(bytes.toString("latin1")), host: formatAddress(peer, 0) }));
  }

  /** Time goes by: timers fire. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    this.#loop.tick();
    this.#plane.outbox.flush();
  }
}

/** `datagrams` arrive; the requests that go to destinations then. */
function forwarded(world: World, datagrams: readonly Datagram[], method: string): Datagram[] {
  world.exchange(datagrams);
  return world.left(`${method} `).filter(({ host }) => host !== CALLER);
}

function answered(requests: readonly Datagram[], status: (i: number) => string): Datagram[] {
  return requests.map(({ text, host }, i) => ({ text: answer(text, status(i), host), host }));
}

/** Calls number `first` to `first + count - 1`, side by side; some ring long, some fail, are given up, or hear nothing. */
function runCalls(world: World, first: number, count: number): void {
  const from = (text: string): Datagram => ({ text, host: CALLER });
  const calls = Array.from({ length: count }, (_, i) => first + i);
  const invites = calls.map((call) => from(request("INVITE", call)));
  let invited = forwarded(world, invites, "INVITE");
  // Repetitions, and a first destination that refuses: its calls move.
  const again = invites.filter((_, i) => i % 7 === 0);
  const refused = answered(
    invited.filter((_, i) => i % 5 === 0),
    () => "503 Service Unavailable",
  );
  const moved = forwarded(world, [...again, ...refused], "INVITE");
  invited = [...invited.filter((_, i) => i % 5 !== 0), ...moved];
  const heard = invited.filter((_, i) => i % 9 !== 8);
  world.exchange(answered(heard, (i) => (i % 2 === 0 ? "100 Trying" : "180 Ringing")));
  const givenUp = calls.filter((call) => call % 11 === 0).map((call) => from(request("CANCEL", call)));
  const cancels = forwarded(world, givenUp, "CANCEL");
  world.exchange(answered(cancels, () => "200 OK"));
  const finals = answered(heard, (i) => (i % 13 === 12 ? "486 Busy Here" : "200 OK"));
  world.exchange([...finals, ...finals.filter((_, i) => i % 6 === 0)]);
  const phones = world.left("SIP/2.0 200").filter(({ host }) => host === CALLER);
  const dialogs = new Map(phones.map(({ text }) => dialogOf(text)).map((dialog) => [dialog.call, dialog]));
  const side = new Map(heard.map(({ text, host }) => [callOf(text), host]));
  const within = (method: string): Datagram[] =>
    [...dialogs.values()].map((dialog) => from(request(method, dialog.call, dialog)));
  world.exchange(within("ACK"));
  world.exchange(calls.filter((call) => call % 13 === 0).map((call) => from(request("ACK", call))));
  const ending = [...dialogs.values()].map((dialog) =>
    dialog.call % 4 === 1
      ? { text: byeOfDestination(dialog, side.get(dialog.call)!), host: side.get(dialog.call)! }
      : from(request("BYE", dialog.call, dialog)),
  );
  world.exchange(ending);
  world.exchange(answered(world.left("BYE "), () => "200 OK"));
  world.exchange([{ text: PROBED, host: "192.0.2.2" }]);
  // Not in the call: what chooses a destination is a small part of a call, and the last to be compiled.
  const options = calls.map((call) => from(request("OPTIONS", call)));
  world.exchange(answered(forwarded(world, options, "OPTIONS"), () => "200 OK"));
}

/** The worlds in the order in which they take turns: four for those that forward as `snapshot` does to one of the others. */
function turnsOf(snapshot: Snapshot | null): readonly World[] {
  const worlds = KINDS.map((kind) => ({ stateful: kind.stateful, world: new World(kind) }));
  const are = (stateful: boolean): readonly World[] =>
    worlds.filter((one) => one.stateful === stateful).map(({ world }) => world);
  const used = (stateful: boolean): boolean =>
    snapshot === null ||
    snapshot.routes.some(({ action }) => action.kind === "dispatch" && action.stateful === stateful);
  const [first, second] = [are(true), are(false)];
  if (used(true) === used(false)) return worlds.map(({ world }) => world);
  const [often, seldom] = used(true) ? [first, second] : [second, first];
  return seldom.flatMap((world) => [...often, world, ...often]);
}

/** Batches in which the calls come: full ones, such as a busy worker sees, and single messages. */
const FULL_BATCHES = [BATCH, 1, SLICE, 5 * BATCH] as const;
/** Those of whoever must not be felt. */
const SMALL_BATCHES = [SLICE] as const;

/** Made-up calls through loops of their own, over tables of their own, a few at a time. */
export class WarmUp {
  readonly #worlds: readonly World[];
  #calls = 0;
  #rounds = 0;

  /** For a worker that knows its `snapshot` most calls are of the kind that it will have. */
  constructor(snapshot: Snapshot | null) {
    this.#worlds = turnsOf(snapshot);
  }

  /** Goes on until there were so many `calls`, in batches of these `sizes`; about a second for the usual ones. */
  until(calls: number, sizes: readonly number[] = FULL_BATCHES): void {
    while (this.#calls < calls) this.#round(sizes[this.#rounds % sizes.length]!, sizes.length, calls);
  }

  /** `until` in small batches, and `pause` milliseconds after each: a spare that warms up must not take the processor from those who work. */
  gently(calls: number, pause: number): void {
    const never = new Int32Array(new SharedArrayBuffer(4));
    while (this.#calls < calls) {
      this.until(Math.min(calls, this.#calls + SLICE), SMALL_BATCHES);
      Atomics.wait(never, 0, 0, pause);
    }
  }

  /** What a worker does in turns in which nothing waits for it: some more calls with every step, until there were `calls`. */
  *goOn(calls: number): Generator<void, void, void> {
    while (this.#calls < calls) {
      this.#round(SPARE_TIME, 1, calls);
      yield;
    }
  }

  #round(most: number, sizes: number, calls: number): void {
    const count = Math.min(most, calls - this.#calls);
    // Every world has batches of every size.
    const world = this.#worlds[Math.floor(this.#rounds / sizes) % this.#worlds.length]!;
    runCalls(world, this.#calls, count);
    // The silent ones time out, and what is over is forgotten.
    for (let i = 0; i < 8; i++) world.pass(i * 203);
    this.#calls += count;
    this.#rounds++;
  }
}
