// Our Record-Route or Path in a forwarded request: one line, or two where it leaves by another listener than it came in by.
import { isSecure, Transport } from "../net/transport.ts";
import { copyBytes } from "../sip/write.ts";
import type { WorkerListener } from "./adopted.ts";
import type { Context } from "./context.ts";
import { writePath } from "./path.ts";
import { writeToken } from "./record-route.ts";
import { isSips } from "./secured.ts";
import { writeLocal } from "./write-local.ts";

const text = (value: string): Uint8Array => Buffer.from(value, "latin1");
const END_OF_RECORD_ROUTE = text(">\r\n");
const RECORD_ROUTE = text("Record-Route: <sip:");
const SECURE_RECORD_ROUTE = text("Record-Route: <sips:");
const SECURE_PARAMS = text(";lr;fl=");
const SECURE_WEB_PARAMS = text(";transport=ws;lr;fl=");

/**
 * What of ours keeps us in the way: nothing, a Record-Route with or without the mark that the caller is behind NAT, or a
 * Path (RFC 3327), which is a registration's.
 */
export const RecordRoute = { none: 0, plain: 1, nat: 2, path: 3 } as const;
export type RecordRoute = (typeof RecordRoute)[keyof typeof RecordRoute];

/**
 * Whether the line of this listener is not written: nobody could connect to it, so the other side, of which there is another line, is who takes what
 * comes in the dialog. Over a connection of its own that sender finds us as well. Where all is secured, it would not be any more.
 */
function isLeftOut(c: Context, listener: number, outgoing: number): boolean {
  const { listeners } = c.adopted;
  if (!listeners[listener]!.entry.connectOnly || isSips(c)) return false;
  return !listeners[listener === outgoing ? c.listener : outgoing]!.entry.connectOnly;
}

/** Our Path, or our Record-Route; two of them when the request leaves by another listener than it came in by (RFC 5658). */
export function writeRecordRoutes(
  c: Context,
  out: Buffer,
  start: number,
  outgoing: number,
  endpoint: Int32Array,
  endpointAt: number,
  slot: number,
  kind: RecordRoute,
): number {
  if (kind === RecordRoute.path) return writePath(c, out, start, outgoing);
  const isNat = kind === RecordRoute.nat;
  let at = start;
  for (let listener = outgoing; ; listener = c.listener) {
    const own = c.adopted.listeners[listener]!;
    if (isLeftOut(c, listener, outgoing)) {
      if (listener === c.listener) return at;
      continue;
    }
    if (isSips(c) && isSecure(own.transport)) at = writeSecureRoute(c, out, at, own);
    else if (own.isLocal) {
      at = copyBytes(RECORD_ROUTE, 0, RECORD_ROUTE.length, out, at);
      at = writeLocal(c, out, at, own.port);
      at = copyBytes(own.routeParams, 0, own.routeParams.length, out, at);
    } else at = copyBytes(own.recordRoute, 0, own.recordRoute.length, out, at);
    at += writeToken(c, out, at, endpoint, endpointAt, slot, outgoing, isNat);
    at = copyBytes(END_OF_RECORD_ROUTE, 0, END_OF_RECORD_ROUTE.length, out, at);
    if (listener === c.listener) return at;
  }
}

/** The front of a Record-Route for a sips request: sips itself (RFC 3261 16.6 point 4), which says TLS without a parameter. */
function writeSecureRoute(c: Context, out: Buffer, start: number, own: WorkerListener): number {
  let at = copyBytes(SECURE_RECORD_ROUTE, 0, SECURE_RECORD_ROUTE.length, out, start);
  if (own.isLocal) at = writeLocal(c, out, at, own.port);
  else at = copyBytes(own.sentBy, 0, own.sentBy.length, out, at);
  const params = own.transport === Transport.wss ? SECURE_WEB_PARAMS : SECURE_PARAMS;
  return copyBytes(params, 0, params.length, out, at);
}
