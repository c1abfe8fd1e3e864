// Contact repair: a phone behind NAT names an address in its Contact at which nobody can reach it. What knows no Path learns
// the phone's flow from a parameter of the Contact instead, and brings it back in the request URI.

import { sameAddress } from "../net/endpoint.ts";
import { Header } from "../sip/header.ts";
import { hostWords } from "../sip/host.ts";
import { NameAddr } from "../sip/name-addr.ts";
import { ascii } from "../sip/scan.ts";
import { Scheme } from "../sip/uri.ts";
import { type Context, Count } from "./context.ts";
import { FLOW_BYTES, FLOW_PARAM, FLOW_PREFIX, readFlow, writeFlow } from "./flow-token.ts";
import { isOwnRecordRoute } from "./own-route.ts";
import { TokenState } from "./route-finding.ts";
import { isTrusted, isTrustedAddress } from "./trust.ts";

const FLOW = ascii("flow");
const OPEN = 0x3c;
const CLOSE = 0x3e;
const contact = new NameAddr();
const address = new Int32Array(4);

/**
 * Adds the flow of the request at hand to its Contact (in `c.edits`), where its listener repairs and it does not say where
 * it really comes from. Only of a stranger, only as the first hop, and only a single Contact: any other may be somebody else's.
 */
export function repairContact(c: Context): void {
  const { message } = c;
  if (!c.adopted.listeners[c.listener]!.entry.repairsContact || message.count[Header.contact] !== 1) return;
  if (message.count[Header.via] !== 1 || message.topVia.next >= 0 || isTrusted(c)) return;
  addFlow(c);
}

/**
 * The same for the response at hand, which may begin a dialog: whoever remembers its Contact can send there later. The phone answers by itself if
 * no Record-Route stands before ours.
 */
export function repairAnswer(c: Context): void {
  const { message } = c;
  if (message.status < 101 || message.status > 299 || message.count[Header.contact] !== 1) return;
  if (isTrustedAddress(c, c.listener, c.peer, 0)) return;
  if (message.count[Header.recordRoute] !== 0 && !isOwnRecordRoute(c, message)) return;
  addFlow(c);
}

function addFlow(c: Context): void {
  const { edits, message, uri } = c;
  const { bytes } = message;
  if (!contact.reset(bytes, message.valueStart[Header.contact]!, message.valueEnd[Header.contact]!)) return;
  if (contact.next >= 0 || !uri.reset(bytes, contact.uriStart, contact.uriEnd)) return;
  // With a parameter of that name it would have two, and others take another one of them than we do.
  if ((uri.scheme !== Scheme.sip && uri.scheme !== Scheme.sips) || isHere(c) || uri.findParam(FLOW)) return;
  const { hasBrackets, uriStart } = contact;
  const at = uri.paramsEnd;
  if (!hasBrackets) edits.insert(uriStart, edits.byte(OPEN));
  const from = edits.text(FLOW_PARAM);
  const room = edits.claim(FLOW_BYTES);
  edits.length = writeFlow(c, edits.scratch, room);
  if (!hasBrackets) edits.byte(CLOSE);
  edits.insert(at, from);
  c.count(Count.contacts_repaired);
}

/** Whether the Contact in `c.uri` is where the request at hand came from; one on a stream never is. */
function isHere(c: Context): boolean {
  const { uri, peer } = c;
  const { isStream, defaultPort } = c.adopted.listeners[c.listener]!;
  if (isStream || (uri.port === 0 ? defaultPort : uri.port) !== peer[4]) return false;
  return hostWords(uri.bytes, uri.hostStart, uri.hostEnd, address, 0) && sameAddress(address, 0, peer, 0);
}

/** Whether the request URI brings back a flow of ours that is to be followed; then `c.ownRoute.flow` says how good it is. */
export function findContactFlow(c: Context): boolean {
  const { ownRoute } = c;
  const { requestUri: uri } = c.message;
  if (ownRoute.nextStart >= 0 || ownRoute.uriStart >= 0 || uri.paramsEnd === uri.paramsStart) return false;
  if (!uri.findParam(FLOW)) return false;
  const token = uri.paramValueStart + FLOW_PREFIX.length;
  for (let i = 0; i < FLOW_PREFIX.length; i++)
    if (token > uri.paramValueEnd || uri.bytes[uri.paramValueStart + i] !== FLOW_PREFIX[i]) return false;
  ownRoute.flow = readFlow(c, uri.bytes, token, uri.paramValueEnd);
  return ownRoute.flow !== TokenState.none;
}
