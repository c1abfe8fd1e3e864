// Forwarding without a transaction (RFC 3261 16.11). Our branch is a pure function of the request (and of whether it goes to a
// destination), so a retransmission, its CANCEL and its ACK get the same one; and it is keyed, so that only answers to what we
// forwarded are passed back.

import { BranchKind, MAGIC_BYTES } from "../bridge/branch-format.ts";
import { secondPortWord } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS, isV4 } from "../net/endpoint.ts";
import { hostWords } from "../sip/host.ts";
import type { Message } from "../sip/message.ts";
import { SipHash } from "../sip/siphash.ts";
import { readHex32 } from "../sip/token.ts";
import { Via } from "../sip/via.ts";
import { writeWithoutVia } from "./compose.ts";
import { type Context, Count } from "./context.ts";
import { hashTransaction } from "./identity.ts";
import { isAnswerTooLarge } from "./judge.ts";
import { replyEndpoint } from "./reply.ts";
import { restServerIfAsked } from "./rest.ts";
import type { WorkerTreatment } from "./treatments.ts";
import { hasProtected, isDestinationAsked, isStatelessAnswererTrusted } from "./trust.ts";
import { RecordRoute } from "./write-record-route.ts";
import { sendStateless } from "./write-request.ts";

const sip = new SipHash();
const caller = new Int32Array(ENDPOINT_WORDS);
const via = new Via();

/** Bits of the check in the first word of our branch; above them stands the listener by which the request came in. */
const CHECK_BITS = 24;
const CHECK_MASK = (1 << CHECK_BITS) - 1;
/** What the check has besides, of a request that went to no destination: who answers it is believed as little as who asks. */
const OUTSIDE = 0x80000000 | 0;

/**
 * The check: over what names the caller's transaction in the response that comes back, the address and the listener
 * by which that will be sent, and whether it went to a destination (`where` is 0) or `OUTSIDE`. A caller without branches (RFC 2543)
 * is known by its Call-ID.
 */
function check(
  key: Uint8Array,
  message: Message,
  listener: number,
  branchStart: number,
  branchEnd: number,
  where: number,
): void {
  sip.init(key);
  if (!isV4(caller, 0)) for (let i = 0; i < 3; i++) sip.updateWord(caller[i]!);
  sip.updateWord(caller[3]!);
  // A port has 16 bits, which leaves the highest one to `where`: of the CSeq, a listener may change it.
  sip.updateWord(caller[4]! ^ where);
  sip.updateWord(message.cseq ^ (listener << CHECK_BITS));
  if (branchEnd > branchStart) sip.updateRange(message.view, branchStart, branchEnd);
  else sip.updateRange(message.view, message.callIdStart, message.callIdEnd);
  sip.finalQuick();
}

/**
 * Forwards the request at hand to `c.target`; 0, or 513 when it does not fit. With `hasUri` its request URI is what
 * `makeUri` wrote.
 */
export function forwardStateless(
  c: Context,
  recordRoute: RecordRoute,
  treatment: WorkerTreatment | null = null,
  hasUri = false,
): number {
  const { message } = c;
  replyEndpoint(c, caller, 0);
  // Over a stream, rport names the connection: we add it where the caller did not (write-request.ts).
  if (c.adopted.listeners[c.listener]!.isStream) caller[4] = c.peer[4]!;
  const { branchStart, branchEnd } = message.topVia;
  const where = isDestinationAsked(c, c.targetSlot, c.target, 0, c.outgoing) ? 0 : OUTSIDE;
  check(c.adopted.snapshot.keys[0]!, message, c.listener, branchStart, branchEnd, where);
  const word = (sip.hi & CHECK_MASK) | (c.listener << CHECK_BITS);
  return sendStateless(c, BranchKind.stateless, word, sip.lo, recordRoute, treatment, hasUri) ? 0 : 513;
}

/** Forwards the ACK to a 2xx: it is answered by nobody, so its branch only has to be its own. */
export function forwardAck(c: Context): void {
  if (!c.adopted.anyStateful) hashTransaction(c);
  c.outerHash.begin();
  c.outerHash.updateWord(c.key1);
  c.outerHash.updateWord(c.key2);
  const word = c.outerHash.finish();
  sendStateless(c, BranchKind.ack, word, c.outerHash.hi, RecordRoute.none, null, false);
}

/** A response whose top Via says that we forwarded its request statelessly: passed back if that is true. */
export function statelessResponse(c: Context): void {
  const { message } = c;
  const { bytes, topVia } = message;
  const at = topVia.branchStart + MAGIC_BYTES + 1;
  const hi = readHex32(bytes, at);
  const lo = readHex32(bytes, at + 8);
  // The answer leaves by the socket to which the request came (RFC 3581 4), whichever one heard it.
  const listener = hi >>> CHECK_BITS;
  const own = c.adopted.listeners[listener];
  if (own === undefined || !message.nextVia(via) || !senderOf(bytes, own.defaultPort)) {
    c.count(Count.dropped_unmatched_response);
    return;
  }
  for (const key of c.adopted.snapshot.keys) {
    check(key, message, listener, via.branchStart, via.branchEnd, 0);
    const wasPool = isCheck(hi, lo);
    if (!wasPool) {
      check(key, message, listener, via.branchStart, via.branchEnd, OUTSIDE);
      if (!isCheck(hi, lo)) continue;
    }
    if (!wasPool && isAnswerTooLarge(c)) return;
    if (message.status === 503) restServerIfAsked(c);
    if (own.isStream) caller[5] = secondPortWord(via.port > 0 ? via.port : own.defaultPort);
    const length = writeWithoutVia(c, listener, !hasProtected(c) || isStatelessAnswererTrusted(c, wasPool));
    if (length > 0) {
      c.outbox.commit(length, listener, caller, 0);
      if (listener === c.listener) c.outbox.from(c.local, 0);
    }
    return;
  }
  c.count(Count.dropped_unmatched_response);
}

/** Whether the words of a branch have the check in `sip`. */
function isCheck(hi: number, lo: number): boolean {
  return (sip.hi & CHECK_MASK) === (hi & CHECK_MASK) && sip.lo >>> 0 === lo;
}

/** Where the Via below ours says its sender is (as we completed it); false when that is no address. */
function senderOf(bytes: Uint8Array, defaultPort: number): boolean {
  const start = via.receivedStart >= 0 ? via.receivedValueStart : via.hostStart;
  const end = via.receivedStart >= 0 ? via.receivedValueEnd : via.hostEnd;
  if (!hostWords(bytes, start, end, caller, 0)) return false;
  caller[4] = via.rport > 0 ? via.rport : via.port > 0 ? via.port : defaultPort;
  caller[5] = 0;
  return true;
}
