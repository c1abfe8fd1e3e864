// Runs made-up calls through the loop before the first real one, so that the compiler has seen it all: a cold worker that
// is hit by 60,000 requests a second loses thousands of packets, a warm one none. What the compiler has not seen here costs
// twice: optimised code is thrown away at the first real message that differs, and made again while packets wait. So the
// calls come in full batches, over snapshots that were cloned as the real ones are, and things go wrong in them.
import { createRingMemory, Ring } from "../bridge/handoff.ts";
import { BATCH } from "../net/batch.ts";
import { ENDPOINT_WORDS, formatAddress, parseEndpoint } from "../net/endpoint.ts";
import { loneLoop } from "./lone-loop.ts";
import type { Loop } from "./loop.ts";
import { SilentPlane } from "./silent-plane.ts";
import { syntheticSnapshot } from "./synthetic-snapshot.ts";
import { answer, CALLER, headerOf, request } from "./warm-messages.ts";

const CALLS = 6000;
/** Calls between two pauses. */
const SLICE = 8;
/** Milliseconds that pass from one batch to the next in the made-up world. */
const STEP = 30;
const KINDS = [
  { stateful: true, algorithm: "round-robin" },
  { stateful: false, algorithm: "hash-call-id" },
  { stateful: true, algorithm: "hash-call-id" },
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

  constructor(stateful: boolean, algorithm: string) {
    const base = syntheticSnapshot(stateful, 3, algorithm);
    // Cloned as a snapshot that was posted to a worker: its objects are of another hidden class than those written here.
    const snapshot = structuredClone({ ...base, timers: { ...base.timers, linger: 400 } });
    this.#loop = loneLoop(this.#plane, {
      snapshot,
      limits: { transactions: 8192, dialogs: 8192, messageBytes: 1 << 24 },
      now: () => this.#now,
      incoming: [new Ring(createRingMemory(1 << 16))],
    }).loop;
  }

  /** All of `datagrams` arrive, a batch at a time; what left meanwhile. */
  exchange(datagrams: readonly Datagram[]): Datagram[] {
    const { inbox, sent } = this.#plane;
    sent.length = 0;
    for (let first = 0; first < datagrams.length; first += BATCH) {
      const batch = datagrams.slice(first, first + BATCH);
      for (const [i, { text, host }] of batch.entries()) {
        inbox.end[i] = inbox.start[i]! + inbox.bytes.write(text, inbox.start[i]!, "latin1");
        parseEndpoint(host, 5060, inbox.peer, i * ENDPOINT_WORDS);
      }
      this.#loop.receive(batch.length);
    }
    this.pass(STEP);
    return sent.map(({ bytes, peer }) => ({ text: bytes.toString("latin1"), host: formatAddress(peer, 0) }));
  }

  /** Time goes by: timers fire. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    this.#loop.tick();
    this.#plane.outbox.flush();
  }
}

function toDestinations(datagrams: readonly Datagram[], method: string): Datagram[] {
  return datagrams.filter(({ text, host }) => host !== CALLER && text.startsWith(`${method} `));
}

function answered(requests: readonly Datagram[], status: (i: number) => string): Datagram[] {
  return requests.map(({ text, host }, i) => ({ text: answer(text, status(i)), host }));
}

/** Calls number `first` to `first + count - 1`, side by side; some ring long, some fail, are given up, or hear nothing. */
function runCalls(world: World, first: number, count: number): void {
  const from = (text: string): Datagram => ({ text, host: CALLER });
  const calls = Array.from({ length: count }, (_, i) => first + i);
  const invites = calls.map((call) => from(request("INVITE", call)));
  let invited = toDestinations(world.exchange(invites), "INVITE");
  // Repetitions, and a first destination that refuses: its calls move.
  const again = invites.filter((_, i) => i % 7 === 0);
  const refused = answered(
    invited.filter((_, i) => i % 5 === 0),
    () => "503 Service Unavailable",
  );
  const moved = toDestinations(world.exchange([...again, ...refused]), "INVITE");
  invited = [...invited.filter((_, i) => i % 5 !== 0), ...moved];
  const heard = invited.filter((_, i) => i % 9 !== 8);
  world.exchange(answered(heard, (i) => (i % 2 === 0 ? "100 Trying" : "180 Ringing")));
  const givenUp = calls.filter((call) => call % 11 === 0).map((call) => from(request("CANCEL", call)));
  const cancels = toDestinations(world.exchange(givenUp), "CANCEL");
  world.exchange(answered(cancels, () => "200 OK"));
  const finals = answered(heard, (i) => (i % 13 === 12 ? "486 Busy Here" : "200 OK"));
  world.exchange([...finals, ...finals.filter((_, i) => i % 6 === 0)]);
  const dialogs = heard.map(({ text }) => ({
    call: Number.parseInt(headerOf(text, "Call-ID"), 16),
    route: `Route: ${headerOf(text, "Record-Route")}\r\n`,
  }));
  world.exchange(dialogs.map(({ call, route }) => from(request("ACK", call, route))));
  world.exchange(calls.filter((call) => call % 13 === 0).map((call) => from(request("ACK", call))));
  const byes = toDestinations(
    world.exchange(dialogs.map(({ call, route }) => from(request("BYE", call, route)))),
    "BYE",
  );
  world.exchange(answered(byes, () => "200 OK"));
  const options = calls.filter((call) => call % SLICE === 0).map((call) => from(request("OPTIONS", call)));
  world.exchange(answered(toDestinations(world.exchange(options), "OPTIONS"), () => "200 OK"));
}

/**
 * Runs calls through loops of its own, over tables of its own; about a second. With a `pause` (milliseconds after every few
 * calls) it takes its time: a spare that warms up must not take the processor from those who work.
 */
export function warmUp(calls: number = CALLS, pause = 0): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  const worlds = KINDS.map(({ stateful, algorithm }) => new World(stateful, algorithm));
  // Full batches, such as a busy worker sees, and single messages; a spare that must not be felt keeps to small ones.
  const sizes = pause > 0 ? [SLICE] : [BATCH, 1, SLICE, 5 * BATCH];
  let first = 0;
  for (let round = 0; first < calls; round++) {
    const count = Math.min(sizes[round % sizes.length]!, calls - first);
    const world = worlds[round % worlds.length]!;
    runCalls(world, first, count);
    // The silent ones time out, and what is over is forgotten.
    for (let i = 0; i < 8; i++) world.pass(i * 200);
    first += count;
    if (pause > 0) Atomics.wait(never, 0, 0, pause);
  }
}
