// Which dialog an INVITE with Replaces (RFC 3891) or Join (RFC 3911) names.
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { Method } from "../sip/method.ts";
import { equalsIgnoreCase, skipSpace, trimEnd } from "../sip/scan.ts";
import type { Context } from "./context.ts";
import { D, DIALOG_WORDS } from "./dialogs.ts";
import { tagHash } from "./identity.ts";
import { isWithheld } from "./trust.ts";

const NO_NAME = new Uint8Array(0);
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const TO_TAG = Buffer.from("to-tag", "latin1");
const FROM_TAG = Buffer.from("from-tag", "latin1");

/** A hint is the slot of the named dialog's destination + 2, or this: there is none. 0 says that nobody has looked. */
export const NO_DIALOG = 1;
/** On its way from worker to worker a hint stands above the listener in the record's listener word. */
export const HINT_SHIFT = 8;
/** Of that word, the listener. */
export const LISTENER_MASK = 255;

/** Whether a request is an INVITE that names a dialog. */
export function namesDialog(message: Message): boolean {
  if (message.method !== Method.INVITE) return false;
  return message.count[Header.replaces] !== 0 || message.count[Header.join] !== 0;
}

/** Whether the request at hand does, and its sender may: what is left out of it on its way is not there. */
export function leadsToDialog(c: Context): boolean {
  return namesDialog(c.message) && !isWithheld(c, NO_NAME, headerOf(c.message));
}

/** Slot of the destination of the dialog that the request at hand names, as far as this worker knows; -1: none. */
export function slotOfNamedDialog(c: Context): number {
  const dialog = replacedDialog(c);
  return dialog === 0 ? -1 : c.dialogs.words[dialog * DIALOG_WORDS + D.slot]!;
}

function headerOf(message: Message): Header {
  return message.count[Header.replaces] !== 0 ? Header.replaces : Header.join;
}

/** End of the Call-ID at the start of a Replaces or Join value. */
function callIdEnd(message: Message, start: number, end: number): number {
  let at = start;
  while (at < end && message.bytes[at] !== SEMICOLON) at++;
  return trimEnd(message.bytes, start, at);
}

/** Lane 1 of the hash of the Call-ID that a request names: it decides which worker knows the dialog. */
export function hashNamedCall(c: Context, message: Message): number {
  const header = headerOf(message);
  const start = message.valueStart[header]!;
  return c.hash.of(message.view, start, callIdEnd(message, start, message.valueEnd[header]!));
}

/** The remembered dialog that the request at hand names, or 0. */
export function replacedDialog(c: Context): number {
  const { message, hash } = c;
  const { bytes, view } = message;
  const header = headerOf(message);
  const start = message.valueStart[header]!;
  const end = message.valueEnd[header]!;
  const idEnd = callIdEnd(message, start, end);
  const call1 = hash.of(view, start, idEnd);
  const call2 = hash.hi;
  let toTag = 0;
  let fromTag = 0;
  for (let at = idEnd; at < end; ) {
    while (at < end && bytes[at] !== SEMICOLON) at++;
    const nameStart = skipSpace(bytes, at + 1, end);
    let equals = nameStart;
    while (equals < end && bytes[equals] !== EQUALS && bytes[equals] !== SEMICOLON) equals++;
    if (equals >= end || bytes[equals] === SEMICOLON) {
      at = equals;
      continue;
    }
    const nameEnd = trimEnd(bytes, nameStart, equals);
    const valueStart = skipSpace(bytes, equals + 1, end);
    let valueEnd = valueStart;
    while (valueEnd < end && bytes[valueEnd] !== SEMICOLON) valueEnd++;
    at = valueEnd;
    valueEnd = trimEnd(bytes, valueStart, valueEnd);
    if (equalsIgnoreCase(bytes, nameStart, nameEnd, TO_TAG)) toTag = tagHash(c, view, valueStart, valueEnd);
    else if (equalsIgnoreCase(bytes, nameStart, nameEnd, FROM_TAG)) fromTag = tagHash(c, view, valueStart, valueEnd);
  }
  return c.dialogs.find(call1, call2, fromTag, toTag);
}
