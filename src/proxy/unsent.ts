// Requests that were forwarded without a transaction, over a connection that could not be made or took nothing more. To whoever sent one
// that is as if it had been answered with a 503 (RFC 3261 16.9): over a stream nothing is sent twice, and silence would last for 32 s.
import { BranchKind, MAGIC_BYTES } from "../bridge/branch-format.ts";
import type { Ring } from "../bridge/handoff.ts";
import { Method } from "../sip/method.ts";
import { Reason } from "../sip/reason.ts";
import type { Context } from "./context.ts";
import { hashCall } from "./identity.ts";
import { isOurs } from "./own-branch.ts";
import { writeOnBehalf } from "./reply.ts";

const STATUS = 503;

/**
 * Writes the 503 to the request in `ring`, as its destination would have sent it, at `out[at]`; returns the offset behind it. 0: it is
 * another kind of message, or has so long a head that not all of it came back. `out` is overwritten from 0 on.
 */
export function writeRefusal(c: Context, ring: Ring, out: Buffer, at: number): number {
  const { message } = c;
  if (ring.end - ring.start > at) return 0;
  const end = ring.bytes.copy(out, 0, ring.start, ring.end);
  const reason = message.reset(out, 0, end);
  if ((reason !== Reason.ok && reason !== Reason.shortBody) || !message.isRequest || !message.canAnswer) return 0;
  const { topVia } = message;
  if (message.method === Method.ACK || !isOurs(topVia)) return 0;
  if (out[topVia.branchStart + MAGIC_BYTES] !== BranchKind.stateless || message.callIdStart < 0) return 0;
  hashCall(c);
  return at + writeOnBehalf(c, STATUS, out, at);
}
