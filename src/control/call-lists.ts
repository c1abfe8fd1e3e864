// The calls of a destination, a page at a time, as the workers find them in their tables.
import {
  CallListBlock,
  LISTED_WORDS,
  ListAnswer,
  ListedCall,
  ListRequest,
  ListTable,
  MOST_LISTED,
} from "../bridge/call-list.ts";
import type { LiveTables } from "../bridge/live-tables.ts";
import { ControlWord } from "../bridge/worker-start.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import type { ControlBlocks } from "./control-words.ts";
import { until } from "./workers.ts";

/** A place between two calls of all: a worker, one of its tables (`ListTable`), a row. */
export interface CallPlace {
  readonly worker: number;
  readonly table: number;
  readonly row: number;
}

/** A call. */
export interface FoundCall {
  readonly worker: number;
  readonly slot: number;
  readonly isTalking: boolean;
  /** Milliseconds since it was answered, or since its INVITE came. */
  readonly age: number;
  /** Milliseconds within which the session is refreshed (RFC 4028); 0: nobody said. */
  readonly session: number;
  /** Number of the listener that its caller came by. */
  readonly listener: number;
  /** Address and port of the caller, or of the proxy before it. */
  readonly caller: string;
}

/** A page of them. */
export interface CallPage {
  readonly calls: readonly FoundCall[];
  /** Where the next page begins; null: this is the last one. */
  readonly next: CallPlace | null;
  /** Workers that did not answer in time: their calls are left out. */
  readonly missing: readonly number[];
}

/** Where the first page begins. */
export const FIRST_CALL: CallPlace = { worker: 0, table: ListTable.branches, row: 1 };
/** A worker that takes longer has other troubles; milliseconds. */
const PATIENCE = 2_000;
const MOST_NUMBER = 0x7fff_ffff;

/** Lists of calls, one after the other. */
export class CallLists {
  readonly #live: LiveTables;
  readonly #control: ControlBlocks;
  readonly #wake: (worker: number) => void;
  #number = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(live: LiveTables, control: ControlBlocks, wake: (worker: number) => void) {
    this.#live = live;
    this.#control = control;
    this.#wake = wake;
  }

  /**
   * At most `limit` calls on these destinations from a place on. One that begins, ends or goes to another server meanwhile may be there or not, one
   * that is answered meanwhile may be there twice.
   */
  list(slots: readonly number[], from: CallPlace, limit: number): Promise<CallPage> {
    const turn = this.#queue.then(async () => {
      const { wanted } = new CallListBlock(this.#live.memory.callLists, 0);
      for (const slot of slots) wanted[slot] = 1;
      try {
        return await this.#page(from, limit);
      } finally {
        for (const slot of slots) wanted[slot] = 0;
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #page(from: CallPlace, limit: number): Promise<CallPage> {
    const calls: FoundCall[] = [];
    const missing: number[] = [];
    let place = from;
    while (place.worker < this.#control.workers && calls.length < limit) {
      const { worker } = place;
      const block = new CallListBlock(this.#live.memory.callLists, worker);
      if (!(await this.#ask(place, block, limit - calls.length))) missing.push(worker);
      else for (let i = 0; i < block.answer[ListAnswer.count]!; i++) calls.push(callIn(block, worker, i));
      const table = missing.includes(worker) ? ListTable.none : block.answer[ListAnswer.table]!;
      place =
        table === ListTable.none
          ? { ...FIRST_CALL, worker: worker + 1 }
          : { worker, table, row: block.answer[ListAnswer.row]! };
    }
    return { calls, next: place.worker < this.#control.workers ? place : null, missing };
  }

  /** Whether the worker has answered. */
  async #ask({ worker, table, row }: CallPlace, { request }: CallListBlock, most: number): Promise<boolean> {
    this.#number = (this.#number % MOST_NUMBER) + 1;
    const asked = this.#number;
    request[ListRequest.table] = table;
    request[ListRequest.row] = row;
    request[ListRequest.most] = Math.min(most, MOST_LISTED);
    this.#control.write(worker, ControlWord.list, asked);
    this.#wake(worker);
    const isDone = () => this.#control.read(worker, ControlWord.listed) === asked;
    await until(isDone, PATIENCE);
    return isDone();
  }
}

function callIn({ calls }: CallListBlock, worker: number, index: number): FoundCall {
  const at = index * LISTED_WORDS;
  return {
    worker,
    slot: calls[at + ListedCall.slot]!,
    isTalking: calls[at + ListedCall.isTalking] === 1,
    age: Math.max(0, calls[at + ListedCall.age]!),
    session: calls[at + ListedCall.session]!,
    listener: calls[at + ListedCall.listener]!,
    caller: formatEndpoint(calls, at + ListedCall.caller),
  };
}
