// Our branch parameter, read back from a response or from a datagram that the network returned: whose is it, and which row.
import { NOT_HEX, readHex32 } from "../sip/token.ts";
import type { Via } from "../sip/via.ts";
import { BRANCH_BYTES, MAGIC_BYTES } from "./branch-format.ts";
import type { Context } from "./context.ts";

const MAGIC = Buffer.from("z9hG4bK", "latin1");

/** Whether the Via may be one of ours: cookie and length. */
export function isOurs(via: Via): boolean {
  return via.hasMagic && via.branchEnd - via.branchStart === MAGIC_BYTES + BRANCH_BYTES;
}

/** Where the first branch parameter lies that is long enough to be ours, or -1. */
export function findBranch(bytes: Buffer, start: number, end: number): number {
  const at = bytes.indexOf(MAGIC, start);
  return at < 0 || at + MAGIC_BYTES + BRANCH_BYTES > end ? -1 : at;
}

/** The worker that made the stateful branch at `at`, or -1: none of ours. */
export function branchOwner(c: Context, bytes: Buffer, at: number): number {
  const word = readHex32(bytes, at + MAGIC_BYTES + 1);
  return word === NOT_HEX || word >>> 24 >= c.workers ? -1 : word >>> 24;
}

/** Row of the branch named at `at`, if it is this worker's and still lives; else 0. */
export function branchRow(c: Context, bytes: Buffer, at: number): number {
  const word = readHex32(bytes, at + MAGIC_BYTES + 1);
  if (word === NOT_HEX || word >>> 24 !== c.worker) return 0;
  const row = word & 0xffffff;
  return c.branches.holds(row, readHex32(bytes, at + MAGIC_BYTES + 9) | 0) ? row : 0;
}
