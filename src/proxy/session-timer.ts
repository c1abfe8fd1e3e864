// Session timers (RFC 4028): where two phones have agreed to refresh their session, one that is not refreshed is over, whether or
// not anybody saw its BYE. We only read what they agree; as a proxy may (RFC 4028 8), we ask for nothing.
import { Header } from "../sip/header.ts";
import { Class, parseDecimal, skipClass } from "../sip/scan.ts";
import type { Context } from "./context.ts";
import { D, DIALOG_WORDS, DialogState } from "./dialogs.ts";
import { isOfPool } from "./pool-side.ts";
import { readStored } from "./restore.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";

/** The smallest interval that there is (RFC 4028 4), and the longest one that the clock of the packet path can hold; seconds. */
const SHORTEST_S = 90;
const LONGEST_S = 2_000_000;

/** The Session-Expires of the 2xx at hand, in milliseconds; 0: it has none that can be read, so there is no session timer. */
export function sessionInterval(c: Context): number {
  const start = c.message.valueStart[Header.sessionExpires]!;
  if (start < 0) return 0;
  const { bytes, valueEnd } = c.message;
  const digits = skipClass(bytes, start, valueEnd[Header.sessionExpires]!, Class.digit);
  if (digits === start) return 0;
  const seconds = parseDecimal(bytes, start, digits, LONGEST_S);
  return (seconds < 0 ? LONGEST_S : Math.max(seconds, SHORTEST_S)) * 1000;
}

/**
 * How long a confirmed dialog is believed after its last message, in milliseconds. A refresh that is under way when the session
 * expires may take 64 * T1 more.
 */
export function dialogLifetime(c: Context, d: number): number {
  const { t1, dialog } = c.adopted.snapshot.timers;
  const session = c.dialogs.words[d + D.session]!;
  return session === 0 ? dialog : Math.min(session + 64 * t1, dialog);
}

/**
 * The 2xx at hand answers a request in a dialog that may refresh its session: the agreement is as this says, from now on. Where it is the
 * word of whoever is not ours, and nobody asked for a session timer, it makes the session no shorter: only calls that their destination
 * knows to be over are over.
 */
export function refreshSession(c: Context, row: number): void {
  const at = row * TRANSACTION_WORDS;
  const dialog = c.transactions.words[at + T.dialog]!;
  if (dialog === 0) return;
  const { words, wheel } = c.dialogs;
  const d = dialog * DIALOG_WORDS;
  if (words[d + D.state] !== DialogState.confirmed || words[d] !== c.transactions.words[at + T.call1]) return;
  const interval = sessionInterval(c);
  const before = words[d + D.session]!;
  const mayShorten = interval === 0 || !isOfPool(c, at, d) || isAskedFor(c, row);
  words[d + D.session] = mayShorten ? interval : before === 0 ? 0 : Math.max(before, interval);
  // Maybe sooner than before, so the timer has to be set anew.
  wheel.arm(dialog, c.now + dialogLifetime(c, d));
}

/** Whether the request of `row` carried Session-Expires; one that is no longer kept did not. */
function isAskedFor(c: Context, row: number): boolean {
  return readStored(c, row, c.other) && c.other.valueStart[Header.sessionExpires]! >= 0;
}
