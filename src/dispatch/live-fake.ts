// A `Live` for tests and benchmarks: health and load as plain arrays, chance from a seed.
import { Chance } from "./chance.ts";
import { DestinationState, type Live } from "./types.ts";

/** What the live tables would say, set by hand. Slots are 0 to 65,535. */
export class FakeLive implements Live {
  readonly states = new Uint8Array(65_536);
  readonly loads = new Int32Array(65_536);
  /** By account (0 to 127), 32 each. */
  readonly resourceLoads = new Int32Array(4096);
  /** Microseconds. */
  readonly latencies = new Int32Array(65_536);
  /** Milliseconds. */
  readonly congestions = new Int32Array(65_536);
  readonly scores = new Int32Array(65_536);
  /** 1: it wants to be spared of everything. */
  readonly shedding = new Uint8Array(65_536);
  turns = 0;
  readonly #chance: Chance;

  constructor(seed = 1) {
    this.#chance = new Chance(seed);
  }

  isUsable(slot: number): boolean {
    return this.states[slot]! <= DestinationState.trying;
  }

  load(slot: number): number {
    return this.loads[slot]!;
  }

  resourceLoad(account: number, resource: number): number {
    return this.resourceLoads[account * 32 + resource]!;
  }

  latency(slot: number): number {
    return this.latencies[slot]!;
  }

  congestion(slot: number): number {
    return this.congestions[slot]!;
  }

  answerTime(slot: number): number {
    return this.latencies[slot]!;
  }

  score(slot: number): number {
    return this.scores[slot]!;
  }

  sheds(slot: number): boolean {
    return this.shedding[slot] === 1;
  }

  turn(): number {
    return this.turns++ & 0x7fffffff;
  }

  cursor(): number {
    return this.turns;
  }

  moveCursor(_setIndex: number, from: number, to: number): boolean {
    if (this.turns !== from) return false;
    this.turns = to | 0;
    return true;
  }

  random(): number {
    return this.#chance.next();
  }
}
