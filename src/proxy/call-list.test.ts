// The list of a destination's calls, as a worker finds them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CallListBlock, LISTED_WORDS, ListedCall, ListHead, ListTable, MOST_LOOKED_AT } from "../bridge/call-list.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { DIALOG_WORDS } from "./dialogs.ts";
import { obeyMain } from "./orders.ts";
import { Rig } from "./rig-fake.ts";
import { request, response } from "./rig-message.ts";

let number = 0;

/** Asks for at most `most` calls of the first destination from a place on. */
function list(rig: Rig, most: number, table: number = ListTable.dialogs, row = 1) {
  const control = new Int32Array(CONTROL_WORDS);
  const block = new CallListBlock(rig.context.live.memory.callLists, 0);
  block.wanted[0] = 1;
  block.head[ListHead.table] = table;
  block.head[ListHead.row] = row;
  block.head[ListHead.most] = most;
  control[ControlWord.list] = ++number;
  obeyMain(rig.context, control, 0);
  assert.equal(control[ControlWord.listed], number);
  const calls = Array.from({ length: block.head[ListHead.count]! }, (_, i) => {
    const at = i * LISTED_WORDS;
    return {
      isTalking: block.calls[at + ListedCall.isTalking] === 1,
      age: block.calls[at + ListedCall.age]!,
      caller: formatEndpoint(block.calls, at + ListedCall.caller),
    };
  });
  return { calls, table: block.head[ListHead.table]!, row: block.head[ListHead.row]! };
}

test("calls that talk and then calls that ring are listed with their age, page by page, and others are not", () => {
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
  assert.deepEqual([all.calls.map(({ isTalking }) => isTalking), all.table], [[true, true, false], ListTable.none]);
  assert.ok(all.calls.every(({ age, caller }) => age >= 0 && age < 1_000 && /^[\d.]+:\d+$/.test(caller)));
  // The same by pages of one.
  const ages: boolean[] = [];
  let [table, row, pages] = [ListTable.dialogs as number, 1, 0];
  for (; table !== ListTable.none && pages < 10; pages++) {
    const page = list(rig, 1, table, row);
    assert.ok(page.calls.length <= 1);
    ages.push(...page.calls.map(({ isTalking }) => isTalking));
    [table, row] = [page.table, page.row];
  }
  assert.deepEqual(ages, [true, true, false]);
  new CallListBlock(rig.context.live.memory.callLists, 0).wanted[0] = 0;
  const control = new Int32Array(CONTROL_WORDS);
  const { head } = new CallListBlock(rig.context.live.memory.callLists, 0);
  head[ListHead.table] = ListTable.dialogs;
  head[ListHead.row] = 1;
  control[ControlWord.list] = ++number;
  obeyMain(rig.context, control, 0);
  assert.equal(head[ListHead.count], 0, "nobody wants those of this destination");
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
  const first = list(rig, 100);
  assert.deepEqual([first.calls.length, first.table, first.row], [0, ListTable.dialogs, MOST_LOOKED_AT + 1]);
  const second = list(rig, 100, first.table, first.row);
  assert.deepEqual([second.calls.length, second.table], [1, ListTable.none]);
});
