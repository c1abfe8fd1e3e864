// The latest requests that were meant to change something. All of them are in the process's log; these can be asked for.
import type { RequestRecord } from "./resources.ts";

/** Requests that are remembered. */
const MOST = 1_000;

/** A memory of bounded size. */
export class AuditLog {
  #records: RequestRecord[] = [];

  /** Remembers one. */
  add(record: RequestRecord): void {
    this.#records.push(record);
    if (this.#records.length > MOST) this.#records.shift();
  }

  /** The oldest first. */
  get records(): readonly RequestRecord[] {
    return this.#records;
  }
}
