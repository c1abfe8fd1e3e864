// Calls and their dialogs: who is counted where, and which dialog a message belongs to. A call is counted from the moment
// its INVITE is tried on a destination until that try fails, the dialog ends, or the dialog is forgotten. A call that a
// destination makes to an address outside is on no destination's load; such calls are counted together.
import { DestinationColumn } from "../bridge/snapshot.ts";
import { copyEndpoint, sameAddress } from "../net/endpoint.ts";
import { B, BRANCH_WORDS, BranchFlag } from "./branches.ts";
import { type Context, Count, Tally } from "./context.ts";
import { D, DIALOG_WORDS, DialogFlag, DialogState } from "./dialogs.ts";
import { fromTagHash, tagHash } from "./identity.ts";
import { isOfPool } from "./pool-side.ts";
import { replyEndpoint } from "./reply.ts";
import { forceResources, giveResources } from "./resources.ts";
import { passSender, releaseSenderOfDialog } from "./sender.ts";
import { dialogLifetime, sessionInterval } from "./session-timer.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";
import { ringLimitAt } from "./treatment-of.ts";

/** How long a challenge is remembered, in milliseconds: time enough for a person to type a password. */
const CHALLENGE_MEMORY = 120_000;
/** Challenges may take an eighth of the dialog table. */
const CHALLENGE_SHARE = 3;

/** Counts the call of a branch, whether its destination is full or not; slot -1: its callee is no destination. */
export function holdCall(c: Context, branch: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.counted;
  countCall(c, words[b + B.slot]!);
}

function countCall(c: Context, slot: number): void {
  if (slot < 0) c.callsOutside++;
  else c.live.reserve(c.worker, slot, 0);
}

function uncountCall(c: Context, slot: number): void {
  if (slot < 0) c.callsOutside--;
  else c.live.release(c.worker, slot);
}

/** Gives back the call that this branch holds, if it holds one. */
export function releaseCall(c: Context, branch: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  if ((words[b + B.flags]! & BranchFlag.counted) === 0) return;
  words[b + B.flags] = words[b + B.flags]! & ~BranchFlag.counted;
  uncountCall(c, words[b + B.slot]!);
  const needed = c.transactions.words[words[b + B.transaction]! * TRANSACTION_WORDS + T.resources]!;
  giveResources(c, words, b + B.account, needed);
}

/** Gives back what the branches of the transaction at word `at` hold, but for that of `except`. */
export function releaseCalls(c: Context, at: number, except: number): void {
  const words = c.branches.words;
  let branch = c.transactions.words[at + T.branch]!;
  for (; branch !== 0; branch = words[branch * BRANCH_WORDS + B.chain]!) if (branch !== except) releaseCall(c, branch);
}

/** What `from` holds is `to`'s from now on: another branch to the same destination. */
export function passCall(c: Context, from: number, to: number): void {
  const words = c.branches.words;
  const [old, fresh] = [from * BRANCH_WORDS, to * BRANCH_WORDS];
  words[fresh + B.flags] = words[fresh + B.flags]! | (words[old + B.flags]! & BranchFlag.counted);
  words[fresh + B.account] = words[old + B.account]!;
  words[old + B.flags] = words[old + B.flags]! & ~BranchFlag.counted;
  words[old + B.account] = 0;
}

/**
 * A response with a To tag came for the INVITE of `row` by `branch`: remembers the dialog, early or confirmed. `toTag` is
 * the hash of the tag. The call that the transaction held passes to the confirmed dialog.
 */
export function rememberDialog(c: Context, row: number, branch: number, toTag: number, confirmed: boolean): void {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const b = branch * BRANCH_WORDS;
  const dialogs = c.dialogs;
  const words = dialogs.words;
  const call1 = t[at + T.call1]!;
  const call2 = t[at + T.call2]!;
  let dialog = t[at + T.dialog]!;
  if (!isStill(c, dialog, call1, toTag)) dialog = dialogs.find(call1, call2, t[at + T.fromTag]!, toTag);
  if (dialog === 0) {
    dialog = dialogs.create(call1, call2);
    if (dialog === 0) {
      // A full table costs this call its memory: its requests still find their way by our Record-Route, but it is on nobody's load once
      // its transaction has ended. Counted once, not for copies of its 2xx and not for its re-INVITEs.
      const isNews = confirmed && t[at + T.state] === TransactionState.proceeding;
      if (isNews && (t[at + T.flags]! & TransactionFlag.inDialog) === 0) c.count(Count.dialogs_not_kept);
      return;
    }
    c.count(Count.dialogs_created);
    const d = dialog * DIALOG_WORDS;
    words[d + D.callerTag] = t[at + T.fromTag]!;
    words[d + D.calleeTag] = toTag;
    words[d + D.branch] = branch;
    words[d + D.slot] = c.branches.words[b + B.slot]!;
    words[d + D.outgoing] = c.branches.words[b + B.listener]!;
    words[d + D.incoming] = t[at + T.listener]!;
    words[d + D.flags] = (t[at + T.flags]! & TransactionFlag.nat) !== 0 ? DialogFlag.nat : 0;
    copyEndpoint(c.branches.words, b + B.endpoint, words, d + D.destination);
    // The way of answers: it names the caller's connection, and the port that its Via names.
    const isStream = c.adopted.listeners[t[at + T.listener]!]!.isStream;
    copyEndpoint(t, at + (isStream ? T.reply : T.peer), words, d + D.caller);
    words[d + D.state] = DialogState.early;
  }
  t[at + T.dialog] = dialog;
  c.branches.words[b + B.dialog] = dialog;
  const d = dialog * DIALOG_WORDS;
  if (words[d + D.state] !== DialogState.early) return;
  if (!confirmed) {
    // Its branch may ring for as long from now on (RFC 3261 16.7 point 2), and its callee may want PRACKs to the end.
    dialogs.wheel.arm(dialog, c.now + Math.max(c.adopted.snapshot.timers.c, ringLimitAt(c, at)));
    return;
  }
  words[d + D.state] = DialogState.confirmed;
  words[d + D.session] = sessionInterval(c);
  words[d + D.since] = c.now;
  const lifetime = dialogLifetime(c, d);
  // The caller has its answer already and may not want a second one: until a request passes in this dialog, it is believed
  // for no longer than a 2xx is repeated (64 * T1, RFC 3261 13.3.1.4).
  const isExtra = t[at + T.state] !== TransactionState.proceeding;
  if (isExtra) {
    words[d + D.flags] = words[d + D.flags]! | DialogFlag.doubted;
    dialogs.doubted++;
  }
  dialogs.wheel.arm(dialog, c.now + (isExtra ? Math.min(64 * c.adopted.snapshot.timers.t1, lifetime) : lifetime));
  // Whoever answers has the call, also where another branch announced a dialog of the same name.
  const slot = c.branches.words[b + B.slot]!;
  words[d + D.slot] = slot;
  words[d + D.outgoing] = c.branches.words[b + B.listener]!;
  copyEndpoint(c.branches.words, b + B.endpoint, words, d + D.destination);
  const branches = c.branches.words;
  if ((branches[b + B.flags]! & BranchFlag.counted) !== 0) {
    branches[b + B.flags] = branches[b + B.flags]! & ~BranchFlag.counted;
    words[d + D.account] = branches[b + B.account]!;
    branches[b + B.account] = 0;
  } else {
    // A second fork, or the late answer of a destination that was given up: a call all the same, in place of the present one.
    countCall(c, slot);
    words[d + D.account] = forceResources(c, slot, t[at + T.resources]!);
  }
  words[d + D.resources] = t[at + T.resources]!;
  passSender(c, at, d);
  words[d + D.flags] = words[d + D.flags]! | DialogFlag.counted;
}

/** Whether a dialog that was remembered is there yet; what a row held can still be read when it is free. */
function isStill(c: Context, dialog: number, call1: number, toTag: number): boolean {
  const { words } = c.dialogs;
  const d = dialog * DIALOG_WORDS;
  if (words[d] !== call1 || words[d + D.calleeTag] !== toTag) return false;
  return words[d + D.state] === DialogState.early || words[d + D.state] === DialogState.confirmed;
}

/** A branch has failed: its early dialogs are over, however many its destination announced (RFC 3261 12.3). Others may ring on for long. */
export function forgetEarly(c: Context, branch: number): void {
  const b = branch * BRANCH_WORDS;
  const branches = c.branches.words;
  if (branches[b + B.dialog] === 0) return;
  const t = c.transactions.words;
  const at = branches[b + B.transaction]! * TRANSACTION_WORDS;
  // Only its own: another INVITE of the same call may ring at the same destination (RFC 3261 8.2.2.2).
  c.dialogs.removeEarly(t[at + T.call1]!, t[at + T.call2]!, branch);
  if (c.dialogs.words[t[at + T.dialog]! * DIALOG_WORDS + D.state] === DialogState.free) t[at + T.dialog] = 0;
}

/**
 * Whether a call is over when its BYE, the transaction at `at`, is answered so (RFC 3261 15.1.1). That of whoever is not ours may be made to
 * be refused (an old CSeq), and then the destination still has the call; one of the destination's own says that it has not.
 */
export function endsCall(c: Context, at: number, status: number): boolean {
  if (status < 300 || status === 408 || status === 481) return true;
  const dialog = c.transactions.words[at + T.dialog]!;
  if (status === 401 || status === 407 || dialog === 0) return false;
  return isOfPool(c, at, dialog * DIALOG_WORDS);
}

/** The BYE of `row` has been answered, or never will be: its dialog is over. */
export function endDialog(c: Context, row: number): void {
  const at = row * TRANSACTION_WORDS;
  const dialog = c.transactions.words[at + T.dialog]!;
  if (dialog === 0) return;
  const words = c.dialogs.words;
  const d = dialog * DIALOG_WORDS;
  if (words[d + D.state] !== DialogState.confirmed && words[d + D.state] !== DialogState.early) return;
  if (words[d] !== c.transactions.words[at + T.call1]) return;
  if (words[d + D.state] === DialogState.confirmed) noteDuration(c, d);
  releaseDialog(c, d);
  words[d + D.state] = DialogState.ended;
  c.count(Count.dialogs_ended);
  c.dialogs.wheel.arm(dialog, c.now + c.adopted.snapshot.timers.linger);
}

function noteDuration(c: Context, d: number): void {
  const { words } = c.dialogs;
  const slot = words[d + D.slot]!;
  if ((words[d + D.flags]! & DialogFlag.counted) === 0 || slot < 0) return;
  c.live.count(c.worker, slot, Tally.calls_ended);
  c.live.add(c.worker, slot, Tally.call_seconds, ((c.now - words[d + D.since]!) | 0) / 1000);
}

/** Gives back the call that the dialog at `d` holds, if it holds one, because no BYE will ever do that. */
export function loseCall(c: Context, d: number): void {
  const { words } = c.dialogs;
  if ((words[d + D.flags]! & DialogFlag.counted) === 0) return;
  c.tally(words[d + D.slot]!, Tally.calls_lost);
  releaseDialog(c, d);
}

function releaseDialog(c: Context, d: number): void {
  const words = c.dialogs.words;
  if ((words[d + D.flags]! & DialogFlag.counted) === 0) return;
  words[d + D.flags] = words[d + D.flags]! & ~DialogFlag.counted;
  uncountCall(c, words[d + D.slot]!);
  giveResources(c, words, d + D.account, words[d + D.resources]!);
  releaseSenderOfDialog(c, d);
}

/** The request at hand passes within the dialog: it is alive. */
export function touchDialog(c: Context, dialog: number): void {
  const d = dialog * DIALOG_WORDS;
  const { words } = c.dialogs;
  if (words[d + D.state] !== DialogState.confirmed) return;
  c.dialogs.believe(dialog);
  // A caller whose connection broke comes by a new one, and is to be found there; from elsewhere it could be anybody.
  if (c.adopted.listeners[c.listener]!.isStream && words[d + D.incoming] === c.listener) {
    const isCaller = fromTagHash(c) === words[d + D.callerTag];
    if (isCaller && sameAddress(c.peer, 0, words, d + D.caller)) replyEndpoint(c, words, d + D.caller);
  }
  // The wheel looks again at the due time only when the old one comes: no relinking per message.
  c.dialogs.wheel.postpone(dialog, c.now + dialogLifetime(c, d));
}

/**
 * The ACK at hand passes: a dialog that nobody was sure of is one that its caller took. Other dialogs do not live on their ACKs, which
 * are no news of them, and nobody looks for those.
 */
export function noteAck(c: Context): void {
  const { message, dialogs } = c;
  if (dialogs.doubted === 0 || message.to.tagStart < 0) return;
  const toTag = tagHash(c, message.view, message.to.tagStart, message.to.tagEnd);
  const dialog = dialogs.find(c.call1, c.call2, fromTagHash(c), toTag);
  if (dialog === 0 || (dialogs.words[dialog * DIALOG_WORDS + D.flags]! & DialogFlag.doubted) === 0) return;
  touchDialog(c, dialog);
}

/** The dialog's timer fired: it is forgotten, and its call no longer counted. */
export function dialogTimer(c: Context, dialog: number): void {
  const d = dialog * DIALOG_WORDS;
  const state = c.dialogs.words[d + D.state];
  if (state === DialogState.confirmed) c.count(Count.dialogs_expired);
  loseCall(c, d);
  c.dialogs.remove(dialog);
}

/**
 * A destination challenged the request of `row`: the next attempt of the same caller shall go there too. The challenge passes once for
 * each set that the request came through, as a gateway's does at the proxy before it, and each set has its own next hop.
 */
export function rememberChallenge(c: Context, row: number, branch: number, cseq: number): void {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const slot = c.branches.words[branch * BRANCH_WORDS + B.slot]!;
  if (slot < 0) return;
  const set = setOfSlot(c, slot);
  const dialogs = c.dialogs;
  let dialog = dialogs.findChallenge(t[at + T.call1]!, t[at + T.call2]!, t[at + T.fromTag]!, set, cseq);
  if (dialog === 0) {
    // Anybody can be challenged as often as he likes: what is remembered of that must not push out calls.
    if (dialogs.challenged > dialogs.capacity >> CHALLENGE_SHARE) return;
    dialog = dialogs.create(t[at + T.call1]!, t[at + T.call2]!);
    if (dialog === 0) return;
    dialogs.words[dialog * DIALOG_WORDS + D.state] = DialogState.challenged;
    dialogs.challenged++;
  }
  const d = dialog * DIALOG_WORDS;
  dialogs.words[d + D.callerTag] = t[at + T.fromTag]!;
  dialogs.words[d + D.slot] = slot;
  dialogs.words[d + D.set] = set;
  dialogs.words[d + D.cseq] = cseq;
  dialogs.wheel.arm(dialog, c.now + CHALLENGE_MEMORY);
}

/** Slot of the destination of this set that challenged this caller's earlier attempt, or -1. `cseq` must be higher than it was then. */
export function challenger(c: Context, fromTag: number, cseq: number, set: number): number {
  if (c.dialogs.challenged === 0) return -1;
  const dialog = c.dialogs.findChallenge(c.call1, c.call2, fromTag, set, -1);
  if (dialog === 0) return -1;
  const d = dialog * DIALOG_WORDS;
  return cseq > c.dialogs.words[d + D.cseq]! ? c.dialogs.words[d + D.slot]! : -1;
}

/** Row of the set that a destination belongs to. */
export function setOfSlot(c: Context, slot: number): number {
  return c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.set]!;
}
