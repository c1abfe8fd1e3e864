// The last message of a connection that cannot be read any further: only its headers are here. A request is answered, where
// that is possible; the stream worker closes the connection behind the answer.
import type { Ring } from "../bridge/handoff.ts";
import { copyEndpoint } from "../net/endpoint.ts";
import type { Message } from "../sip/message.ts";
import { REASONS, Reason } from "../sip/reason.ts";
import { type Context, Count } from "./context.ts";
import { reply } from "./reply.ts";
import { isUnanswered } from "./request.ts";
import { isAllowed } from "./trust.ts";

function reasonOf(message: Message, status: number): Reason {
  if (status === 513) return Reason.tooLarge;
  return message.reason === Reason.noTerminator ? Reason.headersTooLong : Reason.badContentLength;
}

/** Answers the headers that `ring.next` has found with the status that is their record's time. */
export function answerUnframed(c: Context, ring: Ring): void {
  const { message } = c;
  message.reset(ring.bytes, ring.start, ring.end);
  if (!message.canAnswer) {
    c.count(Count.dropped_malformed);
    return;
  }
  c.listener = ring.listener;
  copyEndpoint(ring.peer, 0, c.peer, 0);
  for (let i = 0; i < 4; i++) c.local[i] = ring.local[i]!;
  c.call1 = 0;
  c.call2 = 0;
  if (!isAllowed(c)) {
    c.count(Count.dropped_not_allowed);
    return;
  }
  if (isUnanswered(c)) return;
  c.phrase = REASONS[reasonOf(message, ring.time)]!.phraseBytes;
  c.count(Count.rejected_malformed);
  reply(c, ring.time);
}
