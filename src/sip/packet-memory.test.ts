import assert from "node:assert/strict";
import { it } from "node:test";
import { Inbox, Outbox } from "../net/batch.ts";
import { CALLS, WarmUp } from "../proxy/warm.ts";
import { Edits } from "./edits.ts";
import { Message } from "./message.ts";
import { packetBytes, placeOf } from "./packet-memory.ts";

it("a warm-up leaves room in the packets' memory for an inbox, an outbox, edits and a message of the worker", () => {
  new WarmUp(null).until(CALLS);
  const outbox = new Outbox(() => {});
  for (const bytes of [new Inbox().bytes, outbox.bytes, new Edits().scratch, new Message().valueStart])
    assert.ok(placeOf(bytes) >= 0);
});

it("when that memory is used up, packets lie elsewhere and are read all the same", () => {
  while (placeOf(packetBytes(1 << 20)) >= 0);
  while (placeOf(packetBytes(64)) >= 0);
  const { bytes } = new Inbox();
  const message = new Message();
  assert.deepEqual([placeOf(bytes), placeOf(message.valueStart)], [-1, -1]);
  const text = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bKc\r\nCall-ID: d\r\nX: e\r\n\r\n";
  assert.equal(message.reset(bytes, 0, bytes.write(text, "latin1")), 0);
  assert.deepEqual([message.lineCount, message.callIdStart, message.topVia.hasMagic], [3, text.indexOf("d\r"), true]);
});
