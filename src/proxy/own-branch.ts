// Our branch parameter, read back from a response or from a datagram that the network returned: whose is it, and which row.

import { BRANCH_BYTES, MAGIC_BYTES } from "../bridge/branch-format.ts";
import { NOT_HEX, readHex32 } from "../sip/token.ts";
import type { Via } from "../sip/via.ts";
import type { Context } from "./context.ts";

/** Our Via as far as it is the same over all transports. */
const OWN_LINE = Buffer.from("\r\nVia: SIP/2.0/", "latin1");
const BRANCH = Buffer.from(";branch=z9hG4bK", "latin1");
/** Bytes of `BRANCH` before the cookie. */
const NAME_BYTES = 8;

/** Whether the Via may be one of ours: cookie and length. */
export function isOurs(via: Via): boolean {
  return via.hasMagic && via.branchEnd - via.branchStart === MAGIC_BYTES + BRANCH_BYTES;
}

/**
 * Where our branch parameter lies in a request that we sent, or -1. Our Via is the first line of that name; before it, and
 * even in the request URI, there may be text that a caller made up to look like a branch of ours.
 */
export function findBranch(bytes: Buffer, start: number, end: number): number {
  const line = bytes.indexOf(OWN_LINE, start);
  if (line < 0 || line >= end) return -1;
  const at = bytes.indexOf(BRANCH, line) + NAME_BYTES;
  return at < NAME_BYTES || at + MAGIC_BYTES + BRANCH_BYTES > end ? -1 : at;
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
