// Keeps an eye on the queues that lead to a worker: those of its sockets, as its plane sees them, and the rings of other threads.
import type { Ring } from "../bridge/handoff.ts";
import { StreamWord } from "../bridge/stream-start.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import type { Inbox } from "../net/batch.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Plane, PlaneCounts } from "../net/plane.ts";
import { FULL } from "../net/queue-gauge.ts";
import { keepBudgets, Prospect, prospect } from "./admission.ts";
import { type Context, Count } from "./context.ts";
import { CALM, isLeftUnread, READS_ALL, READS_SOME_CALLS } from "./distress.ts";
import { StandingFill } from "./standing-fill.ts";
import type { StreamRings } from "./stream-rings.ts";
import type { Surroundings } from "./surroundings.ts";

const KEEP_MS = 1_000;
/**
 * A queue in which nothing new waits is received first, and none of it can be left unread: if it does not get shorter than a quarter, there
 * is no time at all for what is new. Longer, and answers come so late that we repeat what they answer.
 */
const WEIGHT_APART = 4;
/** Longest that we wait with repetitions for answers that may be in a queue, in milliseconds: no queue holds many more. */
const LONGEST_DEFERRAL = 500;

/** Sets `c.fill`, turn by turn. */
export class Pressure {
  readonly #c: Context;
  readonly #inbox: Inbox;
  readonly #view: DataView;
  readonly #counts: PlaneCounts;
  /** From other workers and main. */
  readonly #rings: readonly Ring[];
  readonly #streamRings: StreamRings | null;
  readonly #control: Int32Array;
  #ringFill = 0;
  readonly #all: StandingFill = new StandingFill();
  /** The queues in which something waits that is not new. */
  readonly #others: StandingFill = new StandingFill();
  /** The ring of the stream worker, which stops reading when that is full: callers wait, and nothing is lost. */
  readonly #streams: StandingFill = new StandingFill(true);
  /** What counts as fill for a call that has a place in the budget. */
  #fillWithPlace = 0;
  #kept = 0;
  /** When repetitions were last due and made. */
  #repeated = 0;

  constructor(context: Context, { inbox, counts }: Plane, { incoming, streams, control }: Surroundings) {
    this.#c = context;
    this.#inbox = inbox;
    this.#view = new DataView(inbox.bytes.buffer, inbox.bytes.byteOffset, inbox.bytes.byteLength);
    this.#counts = counts;
    this.#streamRings = streams;
    this.#rings = incoming.filter((ring) => ring !== streams?.from);
    this.#control = control;
    this.#keep();
  }

  /** A batch has come; whether some of it is to be left unread. */
  begin(): boolean {
    if (!this.#c.adopted.snapshot.overload.queues) return false;
    const own = this.#all.felt(this.#counts.fill);
    const { fillOfOthers, queuesApart } = this.#counts;
    const others = Math.max(this.#others.felt(fillOfOthers, queuesApart ? WEIGHT_APART : 1), this.#ringFill);
    const fill = Math.max(own, others);
    this.#c.fills[this.#inbox.listener[0]!] = own;
    this.#c.fill = fill;
    this.#fillWithPlace = Math.max(Math.min(own, READS_SOME_CALLS), others);
    return fill > READS_ALL || (fill > CALM && this.#c.adopted.budgets.calls.interval !== 0);
  }

  /** Whether datagram `i` of the batch is; then it is counted. */
  leavesUnread(i: number): boolean {
    const { bytes, start, end, listener, peer } = this.#inbox;
    const c = this.#c;
    const from = i * ENDPOINT_WORDS;
    const hope = prospect(c);
    const fill = hope === Prospect.place ? this.#fillWithPlace : c.fill;
    const isHopeless = hope === Prospect.nothing;
    if (!isLeftUnread(c, this.#view, bytes, start[i]!, end[i]!, listener[i]!, peer, from, isHopeless, fill))
      return false;
    c.count(Count.dropped_unread);
    return true;
  }

  /**
   * Whether what is now due to be repeated, or given up, may have been answered: responses have been waiting for a while. Each request
   * that is repeated without need is answered again, and its answers wait in the same queue.
   */
  mayBeAnswered(): boolean {
    const { now } = this.#c;
    if (this.#others.isLong && ((now - this.#repeated) | 0) < LONGEST_DEFERRAL) return true;
    this.#repeated = now;
    return false;
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
    const rings = this.#streamRings;
    const streams = rings?.from.fill ?? 0;
    const fill = Math.max(ringFill, this.#counts.fill);
    this.#all.note(fill, c.now);
    this.#streams.note(streams, c.now);
    this.#others.note(this.#counts.fillOfOthers, c.now);
    const feltOfStreams = this.#streams.felt(streams);
    // What waits because the stream worker does not keep up is no matter of those who come by UDP.
    const ofAll = rings?.isHeldUp === true ? 0 : feltOfStreams;
    this.#ringFill = Math.max(this.#all.felt(ringFill), ofAll);
    c.ringFill = this.#ringFill;
    this.#control[c.worker * CONTROL_WORDS + ControlWord.fill] = Math.max(fill, streams);
    const { queues, streamDelay } = c.adopted.snapshot.overload;
    c.fill = queues ? Math.max(this.#all.felt(fill), ofAll) : 0;
    if (c.streamWords.length > 0) {
      const delay = queues && streamDelay > 0 ? Atomics.load(c.streamWords, StreamWord.delay) : 0;
      const late = delay === 0 ? 0 : Math.min(FULL, Math.floor((delay * FULL) / streamDelay));
      c.streamFill = Math.max(late, queues ? feltOfStreams : 0);
    }
  }
}
