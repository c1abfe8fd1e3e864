// Keeps an eye on the queues that lead to a worker: those of its sockets, as its plane sees them, and the rings of other threads.
import type { Ring } from "../bridge/handoff.ts";
import { StreamWord } from "../bridge/stream-start.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import type { Inbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Plane, PlaneCounts } from "../net/plane.ts";
import { FULL } from "../net/queue-gauge.ts";
import { areBudgetsSpent, keepBudgets } from "./admission.ts";
import { type Context, Count } from "./context.ts";
import { CALM, isLeftUnread, READS_ALL } from "./distress.ts";
import type { Surroundings } from "./surroundings.ts";

const KEEP_MS = 1_000;
/**
 * A queue that is long for a moment says nothing: a burst, a pause of the collector, another process on the core. What counts is
 * the length that it has not been below for one to two of these, in milliseconds (as CoDel has it, RFC 8289) ...
 */
const WINDOW = 50;
/** ... or, for a burst so large that the system would soon drop, what it is above this part of 255. */
const BURST = 96;

/** Sets `c.fill`, turn by turn. */
export class Pressure {
  readonly #c: Context;
  readonly #inbox: Inbox;
  readonly #view: DataView;
  readonly #counts: PlaneCounts;
  readonly #rings: readonly Ring[];
  readonly #control: Int32Array;
  #ringFill = 0;
  /** The least fill of the window before, and of this one so far, and when that began. */
  #before = 0;
  #least = 0;
  #since = 0;
  #isSpent = false;
  #kept = 0;

  constructor(context: Context, { inbox, counts }: Plane, { incoming, control }: Surroundings) {
    this.#c = context;
    this.#inbox = inbox;
    this.#view = new DataView(inbox.bytes.buffer);
    this.#counts = counts;
    this.#rings = incoming;
    this.#control = control;
    this.#keep();
  }

  /** A batch has come; whether some of it is to be left unread. */
  begin(): boolean {
    if (!this.#c.adopted.snapshot.overload.queues) return false;
    const fill = this.#felt(this.#counts.fill);
    this.#c.fills[this.#inbox.listener[0]!] = fill;
    this.#c.fill = Math.max(fill, this.#ringFill);
    this.#isSpent = fill > CALM && areBudgetsSpent(this.#c);
    return this.#isSpent || fill > READS_ALL;
  }

  /** Whether datagram `i` of the batch is; then it is counted. */
  leavesUnread(i: number): boolean {
    const { bytes, start, end, listener, peer } = this.#inbox;
    const c = this.#c;
    const from = i * ENDPOINT_WORDS;
    if (!isLeftUnread(c, this.#view, bytes, start[i]!, end[i]!, listener[i]!, peer, from, this.#isSpent)) return false;
    c.count(Count.dropped_unread);
    return true;
  }

  #keep(): void {
    this.#kept = this.#c.now;
    keepBudgets(this.#c);
  }

  /** Once per turn. */
  update(): void {
    const c = this.#c;
    if (((c.now - this.#kept) | 0) >= KEEP_MS) this.#keep();
    let ringFill = 0;
    for (let i = 0; i < this.#rings.length; i++) ringFill = Math.max(ringFill, this.#rings[i]!.fill);
    const fill = Math.max(ringFill, this.#counts.fill);
    this.#note(fill);
    this.#ringFill = this.#felt(ringFill);
    c.ringFill = this.#ringFill;
    this.#control[c.worker * CONTROL_WORDS + ControlWord.fill] = fill;
    const { queues, streamDelay } = c.adopted.snapshot.overload;
    c.fill = queues ? this.#felt(fill) : 0;
    if (c.streamWords.length > 0) {
      const delay = queues && streamDelay > 0 ? Atomics.load(c.streamWords, StreamWord.delay) : 0;
      c.streamFill = delay === 0 ? 0 : Math.min(FULL, Math.floor((delay * FULL) / streamDelay));
    }
  }

  #note(fill: number): void {
    const { now } = this.#c;
    if (((now - this.#since) | 0) >= WINDOW) {
      this.#since = now;
      this.#before = this.#least;
      this.#least = fill;
    } else if (fill < this.#least) this.#least = fill;
  }

  /** How full a queue that is this full counts. */
  #felt(fill: number): number {
    return Math.max(Math.min(fill, this.#before, this.#least), fill - BURST);
  }
}
