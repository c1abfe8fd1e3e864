// The Path of a registration (RFC 3327): our URI above all others, so that what the registrar sends to the phone comes
// through us, and in it the flow by which the phone is reached (RFC 5626 5.1).
import type { PathPolicy } from "../bridge/route-entry.ts";
import { Header } from "../sip/header.ts";
import { Method } from "../sip/method.ts";
import { hasOptionTag } from "../sip/option-tags.ts";
import { ascii } from "../sip/scan.ts";
import { copyBytes } from "../sip/write.ts";
import { type Context, Count } from "./context.ts";
import { writeFlow } from "./flow-token.ts";
import { writeLocal } from "./write-local.ts";

const PATH = ascii("path");
const PATH_LINE = ascii("Path: <sip:");
const AT = ascii("@");
const OUTBOUND = ascii(";ob");
const END = ascii(">\r\n");

/** Whether the request at hand is a registration that gets our Path. */
export function wantsPath(c: Context, policy: PathPolicy): boolean {
  const { message } = c;
  if (message.method !== Method.REGISTER || policy === "never") return false;
  return policy === "always" || hasOptionTag(message, Header.supported, PATH);
}

/**
 * Writes our Path line for the request at hand, which leaves by `outgoing`: that is where the registrar finds us, unless it only connects. The
 * phone's flow is by the listener that heard it. `ob` says that we are the first hop and keep its flow (RFC 5626 5.1).
 */
export function writePath(c: Context, out: Buffer, start: number, outgoing: number): number {
  const { listeners } = c.adopted;
  const own = listeners[listeners[outgoing]!.entry.connectOnly ? c.listener : outgoing]!;
  const { topVia, count } = c.message;
  let at = copyBytes(PATH_LINE, 0, PATH_LINE.length, out, start);
  at = writeFlow(c, out, at);
  at = copyBytes(AT, 0, AT.length, out, at);
  if (own.isLocal) at = writeLocal(c, out, at, own.port);
  else at = copyBytes(own.sentBy, 0, own.sentBy.length, out, at);
  at = copyBytes(own.pathParams, 0, own.pathParams.length, out, at);
  if (count[Header.via] === 1 && topVia.next < 0) at = copyBytes(OUTBOUND, 0, OUTBOUND.length, out, at);
  c.count(Count.paths_added);
  return copyBytes(END, 0, END.length, out, at);
}
