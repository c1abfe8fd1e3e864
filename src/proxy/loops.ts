// Loop detection (RFC 5393 4.2): our branch carries a hash of everything that affects routing; a request that brings back
// one of our Vias with the same hash has changed nothing on its way round.

import { BRANCH_BYTES, BranchKind, MAGIC_BYTES } from "../bridge/branch-format.ts";
import { Header } from "../sip/header.ts";
import { readHex32 } from "../sip/token.ts";
import { Via } from "../sip/via.ts";
import type { Context } from "./context.ts";
import { isOwnHost } from "./own-route.ts";

const via = new Via();

/** Whether the request at hand has been here before, unchanged. `c.loop` must be set. */
export function isLoop(c: Context): boolean {
  const { message } = c;
  const { bytes } = message;
  if (isOwnVia(c, message.topVia)) return true;
  if (message.topVia.next < 0 && message.count[Header.via] === 1) return false;
  for (let lineEnd = -1; message.nextLine(Header.via, lineEnd); lineEnd = message.iterLineEnd) {
    for (let at = message.iterStart; at >= 0; at = via.next) {
      if (!via.reset(bytes, at, message.iterEnd)) break;
      if (isOwnVia(c, via)) return true;
    }
  }
  return false;
}

function isOwnVia(c: Context, value: Via): boolean {
  const { bytes } = c.message;
  if (!value.hasMagic || value.branchEnd - value.branchStart !== MAGIC_BYTES + BRANCH_BYTES) return false;
  const kind = bytes[value.branchStart + MAGIC_BYTES];
  if (kind !== BranchKind.stateful && kind !== BranchKind.stateless && kind !== BranchKind.ack) return false;
  if (readHex32(bytes, value.branchEnd - 8) !== c.loop >>> 0) return false;
  return isOwnHost(c, bytes, value.hostStart, value.hostEnd, value.port);
}
