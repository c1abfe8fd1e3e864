// Whatever the network does to a stream, exactly the messages that were sent come out of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Message } from "../sip/message.ts";
import { Framer } from "./framer.ts";

const HEADER_BYTES = 32_768;

function recorder() {
  const heard = { messages: [] as string[], pings: 0, status: -1, brokenAt: "", hasRoom: true };
  const framer = new Framer(
    {
      headers: (message) => message.callIdEnd - message.callIdStart,
      message(bytes, start, end, mark) {
        if (!heard.hasRoom) return false;
        const text = bytes.toString("latin1", start, end);
        assert.equal(mark, /Call-ID: (\S+)/.exec(text)?.[1]?.length, "the mark is that of the message");
        heard.messages.push(text);
        return true;
      },
      ping: () => void heard.pings++,
      broken(bytes, start, end, status) {
        heard.status = status;
        heard.brokenAt = bytes.toString("latin1", start, end);
      },
    },
    new Message(),
    HEADER_BYTES,
  );
  return { heard, framer };
}

function request(method: string, callId: string, body: string, length = `Content-Length: ${body.length}\r\n`): string {
  return (
    `${method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.3:5060;branch=z9hG4bK${callId}\r\n` +
    `From: <sip:a@b>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: ${callId}\r\nCSeq: 1 ${method}\r\n${length}\r\n${body}`
  );
}

const RESPONSE =
  "SIP/2.0 200 OK\r\nv: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKx\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>;tag=2\r\n" +
  "Call-ID: third\r\nCSeq: 1 INVITE\r\nl: \r\n 12\r\n\r\nv=0\r\n\r\nabc\r\n";
const THREE = [request("INVITE", "first-one", "v=0\r\n\r\nSIP/2.0 body"), request("OPTIONS", "second", ""), RESPONSE];
const LARGE = request("REGISTER", "large", "x".repeat(1568)).slice(0, -1568).length;
const REGISTER = request("REGISTER", "large", "y".repeat(1568 - LARGE));

describe("messages in a stream", () => {
  it("three messages come out as they were sent, cut at every offset", (t) => {
    const stream = Buffer.from(THREE.join(""), "latin1");
    let cuts = 0;
    for (let cut = 0; cut <= stream.length; cut++) {
      const { heard, framer } = recorder();
      framer.push(stream.subarray(0, cut));
      framer.push(stream.subarray(cut));
      assert.deepEqual(heard.messages, THREE, `cut at ${cut}`);
      assert.equal(framer.isPartial, false);
      cuts++;
    }
    t.diagnostic(`${cuts} of ${stream.length + 1} cuts gave the three messages`);
  });

  it("a REGISTER of 1,568 bytes comes out whole, cut at every pair of neighbouring offsets", () => {
    const stream = Buffer.from(REGISTER, "latin1");
    assert.equal(stream.length, 1568);
    for (let cut = 0; cut < stream.length; cut++) {
      const { heard, framer } = recorder();
      for (const piece of [stream.subarray(0, cut), stream.subarray(cut, cut + 1), stream.subarray(cut + 1)])
        framer.push(piece);
      assert.deepEqual(heard.messages, [REGISTER]);
    }
  });

  it("byte by byte and coalesced, with keep-alives between", () => {
    const stream = Buffer.from(`\r\n${THREE.join("\r\n\r\n")}\r\n${REGISTER.repeat(20)}\r\n\r\n`, "latin1");
    const wanted = [...THREE, ...new Array<string>(20).fill(REGISTER)];
    const single = recorder();
    for (const byte of stream) single.framer.push(Buffer.from([byte]));
    const whole = recorder();
    whole.framer.push(stream);
    for (const { heard, framer } of [single, whole]) {
      assert.deepEqual(heard.messages, wanted);
      assert.equal(heard.pings, 3);
      assert.equal(framer.isPartial, false);
    }
  });

  it("a ping is heard in every fragmentation, and not within a message", () => {
    for (const pieces of [
      ["\r\n\r\n"],
      ["\r", "\n\r\n"],
      ["\r\n", "\r\n"],
      ["\r\n\r", "\n"],
      ["\r", "\n", "\r", "\n"],
    ]) {
      const { heard, framer } = recorder();
      for (const piece of pieces) framer.push(Buffer.from(piece));
      assert.equal(heard.pings, 1, JSON.stringify(pieces));
    }
    const { heard, framer } = recorder();
    framer.push(Buffer.from(`\r\n${request("OPTIONS", "a", "\r\n\r\n\r\n\r\n")}\r\n`));
    assert.equal(heard.pings, 0);
    assert.equal(heard.messages.length, 1);
  });

  it("what finds no room is offered again, in order and once", () => {
    const { heard, framer } = recorder();
    heard.hasRoom = false;
    assert.equal(framer.push(Buffer.from(THREE.join(""), "latin1")), false);
    assert.equal(framer.push(Buffer.from(REGISTER, "latin1")), false);
    assert.equal(framer.resume(), false);
    heard.hasRoom = true;
    assert.equal(framer.resume(), true);
    assert.deepEqual(heard.messages, [...THREE, REGISTER]);
  });

  it("the time it takes grows with the bytes, not with their square", () => {
    const time = (bytes: number, times: number): number => {
      const stream = Buffer.from(request("MESSAGE", "slow", "z".repeat(bytes)), "latin1");
      const began = performance.now();
      for (let round = 0; round < times; round++) {
        const { heard, framer } = recorder();
        for (let i = 0; i < stream.length; i++) framer.push(stream.subarray(i, i + 1));
        assert.equal(heard.messages.length, 1);
      }
      return performance.now() - began;
    };
    time(4_000, 1);
    // As many bytes both times, in turn, and the least of several: a busy machine holds up the one as well as the other.
    let [small, large] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let tries = 0; tries < 5; tries++) {
      small = Math.min(small, time(8_000, 8));
      large = Math.min(large, time(64_000, 1));
    }
    assert.ok(large < small * 4 + 5, `8 times 8,000 bytes took ${small} ms, 64,000 took ${large} ms`);
  });

  const refused: readonly [string, string, number][] = [
    ["no Content-Length", request("INVITE", "a", "", ""), 400],
    ["two of them", request("INVITE", "a", "", "Content-Length: 0\r\nContent-Length: 0\r\n"), 400],
    ["two, one of them compact", request("INVITE", "a", "", "Content-Length: 0\r\nl: 5\r\n"), 400],
    ["a negative one", request("INVITE", "a", "", "Content-Length: -1\r\n"), 400],
    ["one that is no number", request("INVITE", "a", "", "Content-Length: 1x\r\n"), 400],
    ["one beyond 2^31", request("INVITE", "a", "", "Content-Length: 4294967296\r\n"), 400],
    ["two gigabytes", request("INVITE", "a", "", "Content-Length: 2000000000\r\n"), 513],
    ["headers without end", `INVITE sip:a SIP/2.0\r\nX: ${"x".repeat(HEADER_BYTES)}`, 400],
    ["another protocol", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0],
    ["bytes", "\x16\x03\x01\x02\x00", 0],
    ["half a line end", "\rINVITE", 0],
  ];
  for (const [what, text, status] of refused) {
    it(`${what} ends the connection, with ${status === 0 ? "no answer" : status}`, () => {
      for (const size of [1, 7, text.length]) {
        const { heard, framer } = recorder();
        const bytes = Buffer.from(text, "latin1");
        for (let at = 0; at < bytes.length; at += size) framer.push(bytes.subarray(at, at + size));
        framer.push(Buffer.from(THREE[0]!, "latin1"));
        assert.deepEqual([heard.status, heard.messages.length, framer.isPartial], [status, 0, false]);
      }
    });
  }
});
