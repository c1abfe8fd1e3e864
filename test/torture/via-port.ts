// Where the answer to a case goes when it does not go back to where the case came from (RFC 3261 18.2.2).
import { headerValues, parseMessage } from "../../src/ua/parsed-message.ts";

/** What a Via without a port means. */
export const SIP_PORT = 5060;

/** The port that the top Via of a case names; any number. */
export function portOfVia(bytes: Buffer): number {
  const message = parseMessage(bytes);
  const via = message === null ? "" : (headerValues(message, "via")[0] ?? "");
  return Number(/^[^;]*[^:]:\s*0*(\d{1,5})\s*(?:;|$)/.exec(via)?.[1] ?? SIP_PORT);
}
