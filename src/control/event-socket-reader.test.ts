// Whatever a peer sends, in whatever pieces: blocks come whole and in order, and what is none ends the reading.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { heartbeatText } from "../../test/kit/event-socket.ts";
import { fc } from "../../test/kit/property.ts";
import { type EventBlock, EventSocketReader, readHeaders } from "./event-socket-reader.ts";

const CONVERSATION = [
  "Content-Type: auth/request\n\n",
  "Content-Type: command/reply\nReply-Text: +OK accepted\n\n\n",
  heartbeatText({ max: 1000, sessions: 7, idle: 98.5 }),
  heartbeatText({ max: 1000, sessions: 8, idle: 97 }),
].join("");

function read(chunks: readonly Buffer[]): { blocks: EventBlock[]; fault: string } {
  const reader = new EventSocketReader();
  const blocks: EventBlock[] = [];
  for (const chunk of chunks) {
    const fault = reader.push(chunk, (block) => blocks.push(block));
    if (fault !== "") return { blocks, fault };
  }
  return { blocks, fault: "" };
}

describe("the reader of event sockets", () => {
  it("finds the same blocks however the stream is cut", () => {
    const bytes = Buffer.from(CONVERSATION);
    const whole = read([bytes]);
    assert.equal(whole.fault, "");
    assert.deepEqual(
      whole.blocks.map(({ headers }) => headers.get("content-type")),
      ["auth/request", "command/reply", "text/event-plain", "text/event-plain"],
    );
    assert.equal(readHeaders(whole.blocks[3]!.body).get("session-count"), "8");
    assert.deepEqual(read(Array.from(bytes, (byte) => Buffer.of(byte))), whole);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        assert.deepEqual(read(ends.slice(1).map((end, i) => bytes.subarray(ends[i], end))), whole);
      }),
    );
  });

  it("reads on for as long as there are blocks", () => {
    const { blocks, fault } = read([Buffer.from(heartbeatText({ max: 1, sessions: 0, idle: 1 }).repeat(1000))]);
    assert.deepEqual([blocks.length, fault], [1000, ""]);
  });

  it("ends at a block that is too large, before it is there and without one", () => {
    assert.match(read([Buffer.from("Content-Length: 999999999\n\n")]).fault, /more than 16384 bytes/);
    assert.match(read([Buffer.from("Content-Length: 4294967297\n\n")]).fault, /no number/);
    assert.match(read([Buffer.from("Content-Length: -5\n\n")]).fault, /no number/);
    assert.match(read([Buffer.alloc(1_000_000, "x")]).fault, /more than 16384 bytes/);
    assert.equal(read([Buffer.alloc(1_000_000, "\n")]).fault, "");
  });

  it("survives noise", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        read(chunks.map((chunk) => Buffer.from(chunk)));
      }),
    );
  });
});
