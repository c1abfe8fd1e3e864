// A worker writes down the next calls that it has on the destinations that main has marked. Between two turns, and never more rows at once
// than packets can wait for.
import {
  CallListBlock,
  LISTED_WORDS,
  ListAnswer,
  ListedCall,
  ListRequest,
  ListTable,
  MOST_LISTED,
  MOST_LOOKED_AT,
} from "../bridge/call-list.ts";
import { ControlWord } from "../bridge/worker-start.ts";
import { copyEndpoint } from "../net/endpoint.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import type { Context } from "./context.ts";
import { D, DIALOG_WORDS, DialogFlag, DialogState } from "./dialogs.ts";
import { T, TRANSACTION_WORDS } from "./transactions.ts";

/** Does what main has asked for and says so. `own` is where the worker's control block begins. */
export function obeyList(c: Context, control: Int32Array, own: number): void {
  const asked = Atomics.load(control, own + ControlWord.list);
  const block = new CallListBlock(c.live.memory.callLists, c.worker);
  const { request, answer } = block;
  // Main may be writing the next request already, when it has given this one up: what is read then is answered under a number that nobody waits for.
  answer[ListAnswer.table] = request[ListRequest.table]!;
  answer[ListAnswer.row] = request[ListRequest.row]!;
  answer[ListAnswer.count] = 0;
  const most = Math.min(request[ListRequest.most]!, MOST_LISTED);
  let left = MOST_LOOKED_AT;
  if (answer[ListAnswer.table] === ListTable.branches) {
    left = listBranches(c, block, most, left);
    turnPage(answer, c.branches.highest, ListTable.dialogs);
  }
  if (answer[ListAnswer.table] === ListTable.dialogs) {
    listDialogs(c, block, most, left);
    turnPage(answer, c.dialogs.highest, ListTable.none);
  }
  Atomics.store(control, own + ControlWord.listed, asked);
}

function turnPage(answer: Int32Array, highest: number, next: number): void {
  if (answer[ListAnswer.row]! <= highest) return;
  answer[ListAnswer.table] = next;
  answer[ListAnswer.row] = 1;
}

/** Calls that are not answered yet, at most `most` together; returns how many of `looks` rows may still be looked at. */
function listBranches(c: Context, block: CallListBlock, most: number, looks: number): number {
  const { words, highest } = c.branches;
  const t = c.transactions.words;
  let [row, left] = [block.answer[ListAnswer.row]!, looks];
  for (; row <= highest && left > 0 && block.answer[ListAnswer.count]! < most; row++, left--) {
    const b = row * BRANCH_WORDS;
    if (words[b + B.state] === BranchState.free || (words[b + B.flags]! & BranchFlag.counted) === 0) continue;
    const slot = words[b + B.slot]!;
    if (slot < 0 || block.wanted[slot] !== 1) continue;
    const at = words[b + B.transaction]! * TRANSACTION_WORDS;
    list(block, slot, 0, (c.now - t[at + T.created]!) | 0, 0, t[at + T.listener]!, t, at + T.peer);
  }
  block.answer[ListAnswer.row] = row;
  return left;
}

/** Answered calls. */
function listDialogs(c: Context, block: CallListBlock, most: number, looks: number): void {
  const { words, highest } = c.dialogs;
  let [row, left] = [block.answer[ListAnswer.row]!, looks];
  for (; row <= highest && left > 0 && block.answer[ListAnswer.count]! < most; row++, left--) {
    const d = row * DIALOG_WORDS;
    if (words[d + D.state] === DialogState.free || (words[d + D.flags]! & DialogFlag.counted) === 0) continue;
    const slot = words[d + D.slot]!;
    if (slot < 0 || block.wanted[slot] !== 1) continue;
    const age = (c.now - words[d + D.since]!) | 0;
    list(block, slot, 1, age, words[d + D.session]!, words[d + D.incoming]!, words, d + D.caller);
  }
  block.answer[ListAnswer.row] = row;
}

function list(
  { answer, calls }: CallListBlock,
  slot: number,
  isTalking: number,
  age: number,
  session: number,
  listener: number,
  from: Int32Array,
  caller: number,
): void {
  const at = answer[ListAnswer.count]! * LISTED_WORDS;
  calls[at + ListedCall.slot] = slot;
  calls[at + ListedCall.isTalking] = isTalking;
  calls[at + ListedCall.age] = age;
  calls[at + ListedCall.session] = session;
  calls[at + ListedCall.listener] = listener;
  copyEndpoint(from, caller, calls, at + ListedCall.caller);
  answer[ListAnswer.count] = answer[ListAnswer.count]! + 1;
}
