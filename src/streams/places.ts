// Places of connections, and the words that name them to workers: a place is taken again, its word is not, or not for long.
import { randomInt } from "node:crypto";
import { StreamWord, serialAt } from "../bridge/stream-start.ts";
import { connectionWord, GENERATIONS, generationOf, MAX_CONNECTIONS, placeOf } from "../bridge/way-back.ts";
import type { Connection } from "./connection.ts";

/** The table of all connections of the process, by place. */
export class Places {
  /** Empty places are undefined. Changed by `take` and `leave` only. */
  readonly all: (Connection | undefined)[] = [];
  readonly #words: Int32Array;
  /** Not from 0 on: workers may still hold names that the stream worker before us gave out. */
  readonly #generations: Uint16Array = new Uint16Array(MAX_CONNECTIONS).fill(randomInt(GENERATIONS));
  readonly #free: number[] = [];
  /** Where an earlier process or stream worker had got to is not known: chance keeps their numbers apart from ours. */
  #serial = randomInt(-0x80000000, 0x7fffffff);
  #count = 0;

  /** `words` are shared with workers: how many connections there are, and the serial number of each. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** How many are taken. */
  get count(): number {
    return this.#count;
  }

  /** The word (bridge/way-back.ts) of a place for one more connection, which is to `take` it; null when all are taken. */
  claim(): number | null {
    if (this.#count >= MAX_CONNECTIONS) return null;
    const place = this.#free.pop() ?? this.all.length;
    const generation = (this.#generations[place]! + 1) % GENERATIONS;
    this.#generations[place] = generation;
    return connectionWord(place, generation);
  }

  /** The connection is at the place that was claimed for it, under a new serial number. */
  take(connection: Connection): void {
    const { place } = connection;
    this.all[place] = connection;
    this.#serial = (this.#serial + 1) | 0 || 1;
    Atomics.store(this.#words, serialAt(place), this.#serial);
    this.#words[StreamWord.connections] = ++this.#count;
  }

  /** It is over: its place is free. */
  leave({ place }: Connection): void {
    this.all[place] = undefined;
    Atomics.store(this.#words, serialAt(place), 0);
    this.#free.push(place);
    this.#words[StreamWord.connections] = --this.#count;
  }

  /** The connection of that word; undefined: it is over. */
  named(word: number): Connection | undefined {
    const place = placeOf(word);
    return this.#generations[place] === generationOf(word) ? this.all[place] : undefined;
  }
}
