// Whether a request may go on at all: in form (sip/validate.ts), and in size, which is a matter of configuration.
import { Reason } from "../sip/reason.ts";
import { validateRequest } from "../sip/validate.ts";
import type { Context } from "./context.ts";

/** What is wrong with the request at hand, or `Reason.ok`. */
export function judgeRequest(c: Context): Reason {
  const { message } = c;
  const reason = validateRequest(message);
  if (reason !== Reason.ok) return reason;
  const { headerBytes, requestBytes } = c.adopted.snapshot.limits;
  if (message.bodyStart - message.start > headerBytes) return Reason.headersTooLong;
  return message.end - message.start > requestBytes ? Reason.tooLarge : Reason.ok;
}
