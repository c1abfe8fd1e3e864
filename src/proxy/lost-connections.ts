// Connections that are lost, many at a time: the table of branches is walked once for all of them. A peer that drops a thousand
// connections at once must not cost a thousand walks.
import { RecordKind, type Ring } from "../bridge/handoff.ts";
import { isSameConnection, placeOf } from "../bridge/way-back.ts";
import { copyEndpoint, ENDPOINT_WORDS, hashEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { branchRefused } from "./client.ts";
import type { Context } from "./context.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";

/** As many as are looked for in one walk. */
const MOST = 256;
const TABLE = MOST * 4;
const NOWHERE = new Int32Array(4);

/** Lost connections of one worker. */
export class LostConnections {
  readonly #peers: Int32Array = new Int32Array(MOST * ENDPOINT_WORDS);
  /** For whom alone it was there; port 0: for everybody. */
  readonly #callers: Int32Array = new Int32Array(MOST * ENDPOINT_WORDS);
  /** Open-addressed tables of places in `#peers`, plus one: by address and port, and by the connection that the word names. */
  readonly #byAddress: Int16Array = new Int16Array(TABLE);
  readonly #byName: Int16Array = new Int16Array(TABLE);
  #count = 0;
  #isAll = false;
  /** By which all are lost, see bridge/handoff.ts. */
  #number = 0;

  /** Takes the record that `ring.next` has found, and all of its kind behind it, one walk's worth at most. */
  drain(c: Context, ring: Ring): void {
    do {
      this.note(ring.peer, ring.time, ring.local);
      ring.take();
    } while (this.#count < MOST && ring.next() && ring.kind === RecordKind.lost);
    this.sweep(c);
  }

  /**
   * Notes a connection by its peer; port 0: every connection, as the stream worker says by `number`. Otherwise `number` is a port (0:
   * none) and with `local` for whom alone the connection was there. There must not be more than `MOST` between two walks.
   */
  note(peer: Int32Array, number = 0, local: Int32Array = NOWHERE): void {
    if (peer[4] === 0) {
      this.#isAll = true;
      this.#number = number;
    }
    const entry = this.#count++;
    copyEndpoint(peer, 0, this.#peers, entry * ENDPOINT_WORDS);
    for (let i = 0; i < 4; i++) this.#callers[entry * ENDPOINT_WORDS + i] = local[i]!;
    this.#callers[entry * ENDPOINT_WORDS + 4] = number;
    insert(this.#byAddress, hashEndpoint(peer, 0), entry);
    insert(this.#byName, placeOf(peer[5]!), entry);
  }

  /**
   * Requests that went over one of these connections and have had no answer are refused. Those that have may still be
   * answered over another one.
   */
  sweep(c: Context): void {
    // First: what is sent instead goes over new connections, and is not to be taken for what is given up.
    if (this.#isAll) this.#isAll = c.outbox.passAnew(this.#number);
    const { words, count, highest } = c.branches;
    for (let branch = count === 0 ? 0 : highest; branch > 0; branch--) {
      const b = branch * BRANCH_WORDS;
      if (words[b + B.state] !== BranchState.calling || (words[b + B.flags]! & BranchFlag.outrun) !== 0) continue;
      if (!c.adopted.listeners[words[b + B.listener]!]!.isStream) continue;
      const request = words[b + B.transaction]! * TRANSACTION_WORDS;
      if (this.#isAll || this.#has(words, b + B.endpoint, c.transactions.words, request + T.peer))
        branchRefused(c, branch);
    }
    this.#byAddress.fill(0);
    this.#byName.fill(0);
    this.#count = 0;
    this.#isAll = false;
  }

  #has(words: Int32Array, at: number, callers: Int32Array, callerAt: number): boolean {
    const peers = this.#peers;
    const name = words[at + 5]!;
    for (let i = placeOf(name) & (TABLE - 1); name < 0 && this.#byName[i] !== 0; i = (i + 1) & (TABLE - 1))
      if (isSameConnection(name, peers[(this.#byName[i]! - 1) * ENDPOINT_WORDS + 5]!)) return true;
    for (let i = hashEndpoint(words, at) & (TABLE - 1); this.#byAddress[i] !== 0; i = (i + 1) & (TABLE - 1)) {
      const entry = (this.#byAddress[i]! - 1) * ENDPOINT_WORDS;
      if (!sameEndpoint(words, at, peers, entry)) continue;
      if (this.#callers[entry + 4] === 0 || sameEndpoint(callers, callerAt, this.#callers, entry)) return true;
    }
    return false;
  }
}

function insert(table: Int16Array, hash: number, entry: number): void {
  let i = hash & (TABLE - 1);
  while (table[i] !== 0) i = (i + 1) & (TABLE - 1);
  table[i] = entry + 1;
}
