// The list of a destination's calls, as a worker finds them.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CallListBlock,
  LISTED_WORDS,
  ListAnswer,
  ListedCall,
  ListRequest,
  ListTable,
  MOST_LOOKED_AT,
} from "../bridge/call-list.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { DIALOG_WORDS } from "./dialogs.ts";
import { obeyMain } from "./orders.ts";
import { Rig } from "./rig-fake.ts";
import { request, response } from "./rig-message.ts";

let number = 0;

/** Writes down, as main does, that at most `most` calls of the first destination are wanted from a place on. */
function want(rig: Rig, most: number, table: number = ListTable.branches, row = 1): void {
  const { wanted, request } = new CallListBlock(rig.context.live.memory.callLists, 0);
  wanted[0] = 1;
  request[ListRequest.table] = table;
  request[ListRequest.row] = row;
  request[ListRequest.most] = most;
}

/** Has the worker answer what is written down. */
function answer(rig: Rig) {
  const control = new Int32Array(CONTROL_WORDS);
  const block = new CallListBlock(rig.context.live.memory.callLists, 0);
  control[ControlWord.list] = ++number;
  obeyMain(rig.context, control, 0);
  assert.equal(control[ControlWord.listed], number);
  const calls = Array.from({ length: block.answer[ListAnswer.count]! }, (_, i) => {
    const at = i * LISTED_WORDS;
    return {
      isTalking: block.calls[at + ListedCall.isTalking] === 1,
      age: block.calls[at + ListedCall.age]!,
      caller: formatEndpoint(block.calls, at + ListedCall.caller),
    };
  });
  return { calls, table: block.answer[ListAnswer.table]!, row: block.answer[ListAnswer.row]! };
}

function list(rig: Rig, most: number, table: number = ListTable.branches, row = 1) {
  want(rig, most, table, row);
  return answer(rig);
}

test("calls that ring and then calls that talk are listed with their age, page by page, and others are not", () => {
  const rig = new Rig();
  for (const call of ["one", "two", "three"]) {
    const [invite] = rig.receive(request("INVITE", { call }));
    if (call !== "three") rig.receive(response(invite!.text, 200), invite!.to);
  }
  // A request outside of calls holds none.
  rig.receive(request("OPTIONS", { call: "four" }));
  const load = rig.context.live.load(0);
  assert.equal(load, 3);
  const all = list(rig, 100);
  assert.deepEqual([all.calls.map(({ isTalking }) => isTalking), all.table], [[false, true, true], ListTable.none]);
  assert.ok(all.calls.every(({ age, caller }) => age >= 0 && age < 1_000 && /^[\d.]+:\d+$/.test(caller)));
  // The same by pages of one.
  const ages: boolean[] = [];
  let [table, row, pages] = [ListTable.branches as number, 1, 0];
  for (; table !== ListTable.none && pages < 10; pages++) {
    const page = list(rig, 1, table, row);
    assert.ok(page.calls.length <= 1);
    ages.push(...page.calls.map(({ isTalking }) => isTalking));
    [table, row] = [page.table, page.row];
  }
  assert.deepEqual(ages, [false, true, true]);
  new CallListBlock(rig.context.live.memory.callLists, 0).wanted[0] = 0;
  assert.deepEqual(answer(rig).calls, [], "nobody wants those of this destination");
});

test("a call that is answered between two pages is in the second one", () => {
  const rig = new Rig();
  const [first, second] = ["one", "two"].map((call) => rig.receive(request("INVITE", { call }))[0]!);
  rig.receive(response(first!.text, 180), first!.to);
  const page = list(rig, 1);
  assert.deepEqual(
    page.calls.map(({ isTalking }) => isTalking),
    [false],
  );
  rig.receive(response(second!.text, 200), second!.to);
  const rest = list(rig, 100, page.table, page.row);
  assert.deepEqual([rest.calls.map(({ isTalking }) => isTalking), rest.table], [[true], ListTable.none]);
  // The first one, too, has been on a page: nobody can tell it from another by what is listed.
  rig.receive(response(first!.text, 200), first!.to);
  assert.equal(list(rig, 100, page.table, page.row).calls.length, 2);
});

test("a worker that takes up a list that main has given up leaves the next one as main writes it", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE", {}));
  rig.receive(response(invite!.text, 200), invite!.to);
  // Main has written what it wants next, and not yet its number: the worker still obeys the one before.
  want(rig, 100);
  answer(rig);
  const next = answer(rig);
  assert.deepEqual([next.calls.length, next.table], [1, ListTable.none]);
});

test("a list never looks at more rows at once than packets can wait for, and goes on where it stopped", () => {
  const rig = new Rig();
  const { dialogs } = rig.context;
  // A table in which nothing is to be found for long.
  const [invite] = rig.receive(request("INVITE", { call: "last" }));
  rig.receive(response(invite!.text, 200), invite!.to);
  const long = MOST_LOOKED_AT + 10;
  const words = new Int32Array((long + 1) * DIALOG_WORDS);
  words.set(dialogs.words.subarray(DIALOG_WORDS, 2 * DIALOG_WORDS), long * DIALOG_WORDS);
  Object.defineProperty(dialogs, "words", { value: words });
  Object.defineProperty(dialogs, "highest", { value: long });
  const first = list(rig, 100, ListTable.dialogs);
  assert.deepEqual([first.calls.length, first.table, first.row], [0, ListTable.dialogs, MOST_LOOKED_AT + 1]);
  const second = list(rig, 100, first.table, first.row);
  assert.deepEqual([second.calls.length, second.table], [1, ListTable.none]);
});
