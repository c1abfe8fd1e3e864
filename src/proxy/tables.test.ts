// The tables of transactions, branches and dialogs against maps that do the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { B, BRANCH_WORDS, Branches, BranchState } from "./branches.ts";
import { D, DIALOG_WORDS, DialogState, Dialogs } from "./dialogs.ts";
import { Transactions } from "./transactions.ts";

const CAPACITY = 6;
/** Few keys, and many of one bucket. */
const key = fc.constantFrom(0, 1, 1 + (1 << 20), 1 + (1 << 21), -1, 7);
const step = fc.record({ create: fc.boolean(), key1: key, key2: fc.constantFrom(0, 1), which: fc.nat(100) });

test("transactions are found by both words of their key, and by nothing else", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new Transactions(CAPACITY, 0);
      const model = new Map<string, number>();
      for (const { create, key1, key2, which } of steps) {
        const name = `${key1} ${key2}`;
        if (create && !model.has(name)) {
          const row = table.create(key1, key2);
          assert.equal(row === 0, model.size === CAPACITY);
          if (row === 0) continue;
          assert.ok(![...model.values()].includes(row));
          model.set(name, row);
        } else if (model.size > 0) {
          const [gone, row] = [...model][which % model.size]!;
          table.remove(row);
          model.delete(gone);
        }
        assert.equal(table.count, model.size);
        for (const a of [0, 1, 1 + (1 << 20), 1 + (1 << 21), -1, 7])
          for (const b of [0, 1]) assert.equal(table.find(a, b), model.get(`${a} ${b}`) ?? 0);
      }
    }),
  );
});

test("a branch is known by row and nonce, and not after it was removed", () => {
  const table = new Branches(3, 0);
  const rows = [table.create(), table.create(), table.create()];
  assert.deepEqual([...rows, table.create()], [1, 2, 3, 0]);
  for (const row of rows) {
    table.words[row * BRANCH_WORDS + B.state] = BranchState.calling;
    table.words[row * BRANCH_WORDS + B.nonce] = row * 11;
  }
  assert.ok(
    table.holds(2, 22) && !table.holds(2, 33) && !table.holds(0, 0) && !table.holds(4, 0) && !table.holds(-1, 0),
  );
  table.remove(2);
  assert.ok(!table.holds(2, 22));
  assert.equal(table.create(), 2);
  assert.ok(!table.holds(2, 22));
  assert.equal(table.count, 3);
});

test("dialogs are found by Call-ID and both tags, whichever way round", () => {
  const dialog = fc.record({
    create: fc.boolean(),
    call1: key,
    caller: fc.constantFrom(1, 2),
    callee: fc.constantFrom(3, 4),
    which: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(dialog, { maxLength: 60 }), (steps) => {
      const table = new Dialogs(CAPACITY, 0);
      const model = new Map<string, number>();
      for (const { create, call1, caller, callee, which } of steps) {
        const name = `${call1} ${caller} ${callee}`;
        if (create && !model.has(name)) {
          const row = table.create(call1, 5);
          assert.equal(row === 0, model.size === CAPACITY);
          if (row === 0) continue;
          table.words[row * DIALOG_WORDS + D.state] = DialogState.confirmed;
          table.words[row * DIALOG_WORDS + D.callerTag] = caller;
          table.words[row * DIALOG_WORDS + D.calleeTag] = callee;
          model.set(name, row);
        } else if (model.size > 0) {
          const [gone, row] = [...model][which % model.size]!;
          table.remove(row);
          model.delete(gone);
        }
        assert.equal(table.count, model.size);
        const wanted = model.get(name) ?? 0;
        assert.equal(table.find(call1, 5, caller, callee), wanted);
        assert.equal(table.find(call1, 5, callee, caller), wanted);
        assert.equal(table.find(call1, 6, caller, callee), 0);
        assert.equal(table.find(call1, 5, caller, 9), 0);
      }
    }),
  );
});

test("a challenge is no dialog, and is found by the caller's tag and the set", () => {
  const table = new Dialogs(4, 0);
  const row = table.create(1, 2);
  table.words[row * DIALOG_WORDS + D.state] = DialogState.challenged;
  table.words[row * DIALOG_WORDS + D.callerTag] = 3;
  table.words[row * DIALOG_WORDS + D.set] = 5;
  table.words[row * DIALOG_WORDS + D.cseq] = 10;
  table.challenged++;
  assert.equal(table.findChallenge(1, 2, 3, 5, -1), row);
  assert.equal(table.findChallenge(1, 2, 4, 5, -1), 0);
  assert.equal(table.findChallenge(1, 2, 3, 6, -1), 0);
  assert.equal(table.findChallenge(1, 2, 3, 6, 10), 0, "the same request, in another set");
  assert.equal(table.findChallenge(1, 2, 3, 6, 11), row, "an older one gives way");
  assert.equal(table.find(1, 2, 3, 0), 0);
  table.remove(row);
  assert.equal(table.challenged, 0);
  assert.equal(table.findChallenge(1, 2, 3, 5, 11), 0);
});
