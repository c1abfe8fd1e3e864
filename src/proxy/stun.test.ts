// STUN binding requests on a SIP port of UDP (RFC 5626 3.5.2, RFC 5389).
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionWord } from "../bridge/way-back.ts";
import { Rig } from "./rig-fake.ts";

const ID = "abcdefghijkl";
const COOKIE = [0x21, 0x12, 0xa4, 0x42];

/** A STUN message of this type with these attributes, as latin1 text. */
function stun(type = 1, attributes: readonly number[] = [], length = attributes.length): string {
  const head = [type >> 8, type & 255, length >> 8, length & 255, ...COOKIE];
  return Buffer.from(head).toString("latin1") + ID + Buffer.from(attributes).toString("latin1");
}

test("a binding request is answered with the address that it came from (RFC 5769's way of writing it)", () => {
  const rig = new Rig();
  const [left] = rig.receive(stun(), "198.51.100.9:40000");
  const answer = Buffer.from(left!.text, "latin1");
  assert.equal(left!.to, "198.51.100.9:40000");
  assert.deepEqual([...answer.subarray(0, 8)], [1, 1, 0, 12, ...COOKIE]);
  assert.equal(answer.toString("latin1", 8, 20), ID);
  assert.deepEqual([...answer.subarray(20, 26)], [0, 0x20, 0, 8, 0, 1]);
  assert.equal(answer.readUInt16BE(26) ^ 0x2112, 40_000);
  assert.deepEqual(
    [...answer.subarray(28)].map((byte, i) => byte ^ COOKIE[i]!),
    [198, 51, 100, 9],
  );
  assert.equal(rig.counter("stun_answered"), 1);
});

test("the same over IPv6, where the transaction id is part of the mask", () => {
  const [left] = new Rig().receive(stun(), "[2001:db8::33]:5060");
  const answer = Buffer.from(left!.text, "latin1");
  assert.deepEqual([...answer.subarray(0, 4)], [1, 1, 0, 24]);
  assert.deepEqual([...answer.subarray(20, 26)], [0, 0x20, 0, 20, 0, 2]);
  const mask = [...COOKIE, ...Buffer.from(ID, "latin1")];
  const address = [...answer.subarray(28)].map((byte, i) => byte ^ mask[i]!);
  assert.deepEqual(address, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x33]);
  assert.ok(answer.length <= 3 * 20);
});

test("attributes that may be ignored are; what asks for more, is no request, or is cut short gets no answer", () => {
  const software = [0x80, 0x22, 0, 3, 0x61, 0x62, 0x63, 0];
  assert.equal(new Rig().receive(stun(1, software)).length, 1);
  const silent = [
    stun(1, [0, 3, 0, 4, 0, 0, 0, 6]),
    stun(1, [0, 6, 0, 1, 0x61, 0, 0, 0]),
    stun(0x0011),
    stun(0x0101),
    stun(0x0003),
    stun(1, software, 4),
    stun(1, [], 8),
    stun(1, [0x80, 0x22, 0xff, 0xff]),
    stun(1, [0x80, 0x22]),
    stun().slice(0, 19),
  ];
  for (const [i, text] of silent.entries()) assert.deepEqual(new Rig().receive(text), [], `case ${i}`);
});

test("over a stream, and from those whom the listener does not hear, there is no answer", () => {
  assert.deepEqual(new Rig().receive(stun(), "192.0.2.3:40000", { word: connectionWord(1, 1) }), []);
  assert.deepEqual(new Rig({ allow: ["192.0.2.9"] }).receive(stun()), []);
});
