// Live tables: shared memory that both planes see. A row per destination, a row per set, a column of counters per worker.
// Each cell has one kind of writer: STATE the main thread, LOAD and counters the worker that owns the column.
import { Chance } from "../dispatch/chance.ts";
import { DestinationState, type Live } from "../dispatch/types.ts";
import { COUNTER_PLACE, DESTINATION_COUNTER_COUNT, type DestinationCounter } from "./destination-counters.ts";
import { Latencies } from "./latencies.ts";
import { ADMISSION_WORDS, type LiveTablesMemory, MAX_SETS, SHARED_COLUMNS } from "./live-memory.ts";
import { MAX_DESTINATIONS } from "./recount.ts";
import { ResourceLoads } from "./resource-loads.ts";
import { ShedLoads } from "./shed-loads.ts";
import { Silences } from "./silences.ts";

/** In the word of a destination's state: any value with one of these is none of `DestinationState`. */
const RESTING = 0x100;
const EJECTED = 0x200;
const MARKS = RESTING | EJECTED;
/** Which part of what a quicker answer is quicker by counts: an eighth. */
const ANSWER_SHIFT = 3;

/** A view of the live tables. */
export class LiveTables implements Live {
  readonly memory: LiveTablesMemory;
  /** See `AdmissionWord`. */
  readonly admission: Int32Array;
  readonly resources: ResourceLoads;
  readonly silences: Silences;
  readonly shed: ShedLoads;
  readonly latencies: Latencies;
  readonly #state: Int32Array;
  readonly #load: Int32Array;
  readonly #failures: Int32Array;
  readonly #answerTime: Int32Array;
  readonly #heldBack: Int32Array;
  readonly #scores: Int32Array;
  readonly #loadByWorker: Int32Array[] = [];
  readonly #turns: Int32Array;
  readonly #counters: Float64Array[] = [];
  readonly #chance: Chance;

  /** `seed` feeds `random()`; give each worker its own. */
  constructor(memory: LiveTablesMemory, seed = 1) {
    this.memory = memory;
    // Neighbouring seeds must not give neighbouring sequences.
    this.#chance = new Chance(Math.imul(seed + 1, 0x9e3779b1));
    const column = (i: number) => new Int32Array(memory.words, i * MAX_DESTINATIONS * 4, MAX_DESTINATIONS);
    this.#state = column(0);
    this.#load = column(1);
    this.#failures = column(2);
    this.latencies = new Latencies(column(3), column(8));
    this.#answerTime = column(4);
    this.#heldBack = column(5);
    this.#scores = column(9);
    this.silences = new Silences(this.#failures, column(6), column(7));
    for (let w = 0; w < memory.workers; w++) {
      this.#loadByWorker.push(column(SHARED_COLUMNS + w));
      const bytes = MAX_DESTINATIONS * DESTINATION_COUNTER_COUNT * 8;
      this.#counters.push(new Float64Array(memory.counters, w * bytes, MAX_DESTINATIONS * DESTINATION_COUNTER_COUNT));
    }
    this.shed = new ShedLoads(memory.shed);
    this.resources = new ResourceLoads(memory.resources, memory.workers);
    const turns = (SHARED_COLUMNS + memory.workers) * MAX_DESTINATIONS;
    this.#turns = new Int32Array(memory.words, turns * 4, MAX_SETS);
    this.admission = new Int32Array(memory.words, (turns + MAX_SETS) * 4, ADMISSION_WORDS);
  }

  state(slot: number): DestinationState {
    return (Atomics.load(this.#state, slot) & ~MARKS) as DestinationState;
  }

  /** Main thread only. Whether it rests or is ejected stays as it is. */
  setState(slot: number, state: DestinationState): void {
    for (;;) {
      const before = Atomics.load(this.#state, slot);
      if (Atomics.compareExchange(this.#state, slot, before, (before & MARKS) | state) === before) return;
    }
  }

  /** Whether it has asked for no new requests; then it is neither usable nor standby, whatever its state. */
  isResting(slot: number): boolean {
    return (this.#state[slot]! & RESTING) !== 0;
  }

  /** It has asked for that. Any thread; main has to be told, which takes it back. */
  rest(slot: number): void {
    Atomics.or(this.#state, slot, RESTING);
  }

  /** Main thread only. */
  wake(slot: number): void {
    Atomics.and(this.#state, slot, ~RESTING);
  }

  /** Whether it gets no new requests because too many of them failed there, whatever its state. */
  isEjected(slot: number): boolean {
    return (this.#state[slot]! & EJECTED) !== 0;
  }

  /** Main thread only. */
  setEjected(slot: number, isEjected: boolean): void {
    if (isEjected) Atomics.or(this.#state, slot, EJECTED);
    else Atomics.and(this.#state, slot, ~EJECTED);
  }

  /** How much of its share goes to others while it starts slowly, of 256; 0: nothing. */
  heldBack(slot: number): number {
    return this.#heldBack[slot]!;
  }

  /** Main thread only. */
  setHeldBack(slot: number, part: number): void {
    Atomics.store(this.#heldBack, slot, part);
  }

  score(slot: number): number {
    return this.#scores[slot]!;
  }

  /** Main thread only. */
  setScore(slot: number, score: number): void {
    Atomics.store(this.#scores, slot, score);
  }

  isUsable(slot: number): boolean {
    return this.#state[slot]! <= DestinationState.trying;
  }

  /** Well, but kept back: new requests go to it only when every candidate of the algorithm has failed. */
  isStandby(slot: number): boolean {
    return this.#state[slot]! === DestinationState.standby;
  }

  load(slot: number): number {
    return Atomics.load(this.#load, slot);
  }

  resourceLoad(account: number, resource: number): number {
    return this.resources.load(account, resource);
  }

  /** Counts one call if fewer than `max` (0: no limit) are counted over all workers; false when full. */
  reserve(worker: number, slot: number, max: number): boolean {
    for (;;) {
      const now = Atomics.load(this.#load, slot);
      if (max > 0 && now >= max) return false;
      if (Atomics.compareExchange(this.#load, slot, now, now + 1) === now) break;
    }
    this.#loadByWorker[worker]![slot]!++;
    return true;
  }

  /** Takes one call back; never below zero (a worker takes back only what its own column holds). */
  release(worker: number, slot: number): void {
    const column = this.#loadByWorker[worker]!;
    if (column[slot]! <= 0) return;
    column[slot]!--;
    Atomics.sub(this.#load, slot, 1);
  }

  /** Main thread, after a worker died: takes its calls out of every total. Returns how many there were. */
  forgetWorker(worker: number): number {
    const column = this.#loadByWorker[worker]!;
    let forgotten = 0;
    for (let slot = 0; slot < MAX_DESTINATIONS; slot++) {
      const calls = column[slot]!;
      if (calls === 0) continue;
      column[slot] = 0;
      Atomics.sub(this.#load, slot, calls);
      forgotten += calls;
    }
    this.resources.forgetWorker(worker);
    return forgotten;
  }

  /** Calls that the column of a worker holds. */
  heldBy(worker: number, slot: number): number {
    return Atomics.load(this.#loadByWorker[worker]!, slot);
  }

  /** Corrects the total, and the column of `worker`, who alone may do that; -1: only the total, main thread only. */
  correct(worker: number, slot: number, by: number): void {
    if (worker >= 0) this.#loadByWorker[worker]![slot]! += by;
    Atomics.add(this.#load, slot, by);
  }

  /** One more request in a row that this destination failed (a transport error; for silence see `silences`). */
  noteFailure(slot: number): void {
    Atomics.add(this.#failures, slot, 1);
  }

  /** Failures in a row, as the workers saw them (passive health). */
  failures(slot: number): number {
    return Atomics.load(this.#failures, slot);
  }

  sheds(slot: number): boolean {
    return this.shed.sheds(slot);
  }

  latency(slot: number): number {
    return this.latencies.lately(slot);
  }

  congestion(slot: number): number {
    return this.latencies.congestion(slot);
  }

  answerTime(slot: number): number {
    return this.#answerTime[slot]!;
  }

  /** The first answer to a request or probe came after so many microseconds. Of two at the same time one may be lost. */
  noteAnswerTime(slot: number, micros: number): void {
    const before = this.#answerTime[slot]!;
    this.#answerTime[slot] = micros >= before ? micros : before - ((before - micros) >> ANSWER_SHIFT) - 1;
  }

  turn(setIndex: number): number {
    return Atomics.add(this.#turns, setIndex, 1) & 0x7fffffff;
  }

  cursor(setIndex: number): number {
    return Atomics.load(this.#turns, setIndex);
  }

  moveCursor(setIndex: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#turns, setIndex, from, to) === from;
  }

  random(): number {
    return this.#chance.next();
  }

  /** Adds one to a counter of a destination; `counter` is an index into DESTINATION_COUNTERS. */
  count(worker: number, slot: number, counter: number): void {
    this.#counters[worker]![slot * DESTINATION_COUNTER_COUNT + counter]!++;
  }

  /** Adds `amount` to a counter of a destination. */
  add(worker: number, slot: number, counter: number, amount: number): void {
    this.#counters[worker]![slot * DESTINATION_COUNTER_COUNT + counter]! += amount;
  }

  /** A counter summed over all workers. */
  counter(slot: number, name: DestinationCounter): number {
    const at = slot * DESTINATION_COUNTER_COUNT + COUNTER_PLACE[name];
    let sum = 0;
    for (const column of this.#counters) sum += column[at]!;
    return sum;
  }

  /** Main thread, when a slot is given to another destination: everything about the old one goes. */
  clear(slot: number): void {
    Atomics.store(this.#state, slot, DestinationState.active);
    this.latencies.set(slot, 0);
    Atomics.store(this.#answerTime, slot, 0);
    Atomics.store(this.#heldBack, slot, 0);
    Atomics.store(this.#scores, slot, 0);
    this.silences.clear(slot);
    this.shed.clear(slot);
    for (const column of this.#counters) {
      column.fill(0, slot * DESTINATION_COUNTER_COUNT, (slot + 1) * DESTINATION_COUNTER_COUNT);
    }
  }
}
