import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldMessages } from "./held-messages.ts";

test("messages come out as they went in, the empty ones too, and leave no memory behind", () => {
  const held = new HeldMessages();
  const texts = Array.from({ length: 2_000 }, (_, i) => "x".repeat(i % 50) + (i % 50 === 0 ? "" : i));
  const heard: string[] = [];
  assert.equal(held.first(), null);
  for (const [i, text] of texts.entries()) {
    held.add(Buffer.from(text));
    assert.ok(!held.isEmpty);
    // Fewer leave than come.
    if (i % 3 !== 0) continue;
    heard.push(String(held.first()));
    held.drop();
  }
  for (let first = held.first(); first !== null; first = held.first()) {
    heard.push(String(first));
    held.drop();
  }
  assert.deepEqual(heard, texts);
  assert.ok(held.isEmpty);
});
