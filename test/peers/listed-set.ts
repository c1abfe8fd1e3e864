// One of the sets about which a real Kamailio is asked, as we have it under one of our `kamailio:N`.
import assert from "node:assert/strict";
import { algorithmByName } from "../../src/dispatch/algorithms/index.ts";
import { compileSet } from "../../src/dispatch/compile-set.ts";
import { FakeLive } from "../../src/dispatch/live-fake.ts";
import { orderDestinationsAsKamailio } from "../../src/dispatch/order.ts";
import { type Destination, DestinationState, type DispatcherSet, SlotChoice } from "../../src/dispatch/types.ts";
import { SETS } from "./sequence-sets.ts";

/** One set under one of our `kamailio:N`, with a memory of its own as theirs has one per algorithm. */
export class ListedSet {
  readonly live: FakeLive;
  readonly #set: DispatcherSet;
  readonly #uris: readonly string[];

  constructor(set: number, algorithmName: string, useDefault: boolean, live = new FakeLive(1)) {
    this.live = live;
    const algorithm = algorithmByName(algorithmName);
    assert.ok(algorithm, algorithmName);
    const lines = orderDestinationsAsKamailio(SETS.get(set) ?? []);
    const destinations = lines.map(({ uri, priority, weight, maxCalls, congestionControl }, slot): Destination => {
      return { slot, uri, name: uri, weight, priority, maxCalls, congestionControl };
    });
    this.#set = compileSet(0, String(set), algorithm, SlotChoice.spread, destinations, useDefault);
    this.#uris = lines.map(({ uri }) => uri);
    for (const [slot, { latency }] of lines.entries()) this.live.latencies[slot] = latency * 1000;
  }

  /** Who is down from now on, by place in the set's order. */
  down(positions: readonly number[]): void {
    this.live.states.fill(DestinationState.active);
    for (const position of positions) this.live.states[position] = DestinationState.inactive;
  }

  /** Slot of the one chosen; -1: nobody. */
  pick(key: number): number {
    const out = new Uint16Array(1);
    return this.#set.algorithm.select(this.#set, key, this.live, out) === 0 ? -1 : out[0]!;
  }

  /** Everybody that would be tried, in that order, as URIs with blanks between; `nobody`. */
  failoverList(key: number): string {
    const out = new Uint16Array(this.size);
    const count = this.#set.algorithm.select(this.#set, key, this.live, out);
    return count === 0 ? "nobody" : [...out.subarray(0, count)].map((slot) => this.uri(slot)).join(" ");
  }

  /** The URI of a slot, which is also its place in the set's order. */
  uri(slot: number): string {
    return this.#uris[slot] ?? "nobody";
  }

  /** How many destinations it has. */
  get size(): number {
    return this.#uris.length;
  }
}
