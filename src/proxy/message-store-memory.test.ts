// Where stored messages lie, and that they are the same everywhere. It uses up the packets' memory of its process.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasVectors } from "../sip/assembler.ts";
import { packetBytes, placeOf } from "../sip/packet-memory.ts";
import { MessageStore } from "./message-store.ts";

const LARGE = 60_000;
const source = packetBytes(LARGE + 1000);
for (let i = 0; i < source.length; i++) source[i] = (i * 7919) & 255;
/** The same, of which nobody knows where it lies. */
const elsewhere = Buffer.from(source);

test("what lies with the packets is stored as what does not, whatever its length, and what is stored beside it stays", () => {
  const store = new MessageStore(1 << 24);
  const kept: { readonly handle: number; readonly from: number; readonly length: number }[] = [];
  for (let length = 0; length < 400; length++) {
    for (const from of [0, 1, 64, 777]) {
      const end = from + length;
      kept.push({ handle: store.put(source, from, end, placeOf(source)), from, length });
      kept.push({ handle: store.put(elsewhere, from, end), from, length });
    }
  }
  for (const { handle, from, length } of kept) {
    const stored = store.bytes(handle).subarray(store.start(handle), store.start(handle) + length);
    assert.ok(stored.equals(elsewhere.subarray(from, from + length)), `${length} bytes from ${from} on`);
  }
  assert.equal(placeOf(store.bytes(kept[0]!.handle)) >= 0, hasVectors());
});

test("when the packets' memory is used up, what is stored lies elsewhere, and all of it is what was stored", () => {
  const store = new MessageStore(1 << 29);
  const handles: number[] = [];
  const isQuick = (handle: number): boolean => placeOf(store.bytes(handle)) >= 0;
  for (let more = 10; more > 0; ) {
    const from = handles.length % 1000;
    const handle = store.put(source, from, from + LARGE, placeOf(source));
    assert.ok(handle > 0, `${handles.length} blocks, and all of them with the packets`);
    handles.push(handle);
    if (!isQuick(handle)) more--;
  }
  assert.equal(isQuick(handles[0]!), hasVectors());
  for (const [i, handle] of handles.entries()) {
    const [bytes, at, from] = [store.bytes(handle), store.start(handle), i % 1000];
    assert.ok(bytes.subarray(at, at + LARGE).equals(elsewhere.subarray(from, from + LARGE)), `block ${i}`);
  }
});
