// A worker writes down the next calls that it has on the destinations that main has marked. Between two turns, and never more rows at once
// than packets can wait for.
import {
  CallListBlock,
  LISTED_WORDS,
  ListedCall,
  ListHead,
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
  const { head } = block;
  head[ListHead.count] = 0;
  let left = MOST_LOOKED_AT;
  if (head[ListHead.table] === ListTable.dialogs) {
    left = listDialogs(c, block, left);
    turnPage(head, c.dialogs.highest, ListTable.branches);
  }
  if (head[ListHead.table] === ListTable.branches) {
    listBranches(c, block, left);
    turnPage(head, c.branches.highest, ListTable.none);
  }
  Atomics.store(control, own + ControlWord.listed, asked);
}

function turnPage(head: Int32Array, highest: number, next: number): void {
  if (head[ListHead.row]! <= highest) return;
  head[ListHead.table] = next;
  head[ListHead.row] = 1;
}

/** Answered calls; returns how many rows may still be looked at. */
function listDialogs(c: Context, block: CallListBlock, most: number): number {
  const { words, highest } = c.dialogs;
  let [row, left] = [block.head[ListHead.row]!, most];
  for (; row <= highest && left > 0 && hasRoom(block.head); row++, left--) {
    const d = row * DIALOG_WORDS;
    if (words[d + D.state] === DialogState.free || (words[d + D.flags]! & DialogFlag.counted) === 0) continue;
    const slot = words[d + D.slot]!;
    if (slot < 0 || block.wanted[slot] !== 1) continue;
    const age = (c.now - words[d + D.since]!) | 0;
    list(block, slot, 1, age, words[d + D.session]!, words[d + D.incoming]!, words, d + D.caller);
  }
  block.head[ListHead.row] = row;
  return left;
}

/** Calls that are not answered yet. */
function listBranches(c: Context, block: CallListBlock, most: number): void {
  const { words, highest } = c.branches;
  const t = c.transactions.words;
  let [row, left] = [block.head[ListHead.row]!, most];
  for (; row <= highest && left > 0 && hasRoom(block.head); row++, left--) {
    const b = row * BRANCH_WORDS;
    if (words[b + B.state] === BranchState.free || (words[b + B.flags]! & BranchFlag.counted) === 0) continue;
    const slot = words[b + B.slot]!;
    if (slot < 0 || block.wanted[slot] !== 1) continue;
    const at = words[b + B.transaction]! * TRANSACTION_WORDS;
    list(block, slot, 0, (c.now - t[at + T.created]!) | 0, 0, t[at + T.listener]!, t, at + T.peer);
  }
  block.head[ListHead.row] = row;
}

function hasRoom(head: Int32Array): boolean {
  return head[ListHead.count]! < Math.min(head[ListHead.most]!, MOST_LISTED);
}

function list(
  { head, calls }: CallListBlock,
  slot: number,
  isTalking: number,
  age: number,
  session: number,
  listener: number,
  from: Int32Array,
  caller: number,
): void {
  const at = head[ListHead.count]! * LISTED_WORDS;
  calls[at + ListedCall.slot] = slot;
  calls[at + ListedCall.isTalking] = isTalking;
  calls[at + ListedCall.age] = age;
  calls[at + ListedCall.session] = session;
  calls[at + ListedCall.listener] = listener;
  copyEndpoint(from, caller, calls, at + ListedCall.caller);
  head[ListHead.count] = head[ListHead.count]! + 1;
}
