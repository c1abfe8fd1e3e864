import assert from "node:assert/strict";
import { test } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { MessageStore } from "./message-store.ts";

const CHUNK = 1 << 24;
const source = Buffer.alloc(70_000);
for (let i = 0; i < source.length; i++) source[i] = (i * 7919) & 255;

const length = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 65_536 }));
const action = fc.oneof(
  fc.record({ put: fc.constant(true), length, which: fc.nat(1000) }),
  fc.record({ put: fc.constant(false), length: fc.constant(0), which: fc.nat(1000) }),
);

test("what is stored stays as it is until it is dropped, whatever else is stored", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const store = new MessageStore(CHUNK);
      const live: { handle: number; from: number; length: number }[] = [];
      for (const one of actions) {
        if (one.put) {
          const handle = store.put(source, one.which, one.which + one.length);
          assert.ok(handle > 0);
          live.push({ handle, from: one.which, length: one.length });
        } else if (live.length > 0) {
          const [gone] = live.splice(one.which % live.length, 1);
          store.drop(gone!.handle, gone!.length);
        }
        for (const { handle, from, length: size } of live) {
          const start = store.start(handle);
          assert.ok(
            store
              .bytes(handle)
              .subarray(start, start + size)
              .equals(source.subarray(from, from + size)),
          );
        }
        assert.ok(store.used >= live.reduce((sum, { length: size }) => sum + size, 0));
      }
      for (const { handle, length: size } of live) store.drop(handle, size);
      assert.equal(store.used, 0);
    }),
    { numRuns: runs(60) },
  );
});

test("a store takes as many bytes as it may, then none, and again when something was given back", () => {
  const store = new MessageStore(2 * CHUNK);
  const handles: number[] = [];
  for (let handle = store.put(source, 0, 60_000); handle !== 0; handle = store.put(source, 0, 60_000))
    handles.push(handle);
  assert.ok(handles.length * 60_000 > 1.7 * CHUNK && store.used <= 2 * CHUNK, `${handles.length} blocks`);
  assert.equal(new Set(handles).size, handles.length);
  store.drop(handles[7]!, 60_000);
  assert.equal(store.put(source, 0, 58_000), handles[7]);
  assert.equal(store.put(source, 0, 60_000), 0);
});

test("more than a datagram is not stored; nothing is given back for no handle", () => {
  const store = new MessageStore(CHUNK);
  assert.equal(store.put(source, 0, 65_537), 0);
  store.drop(0, 100);
  assert.equal(store.used, 0);
});
