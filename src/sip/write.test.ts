import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { packetBytes, placeOf } from "./packet-memory.ts";
import { readBase64, writeBase64 } from "./token.ts";
import { Via } from "./via.ts";
import { copyRange, decimalDigits, writeDecimal } from "./write.ts";

const source = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 131 + 17) & 255));
const sourceView = new DataView(source.buffer, source.byteOffset, source.length);

describe("writing into a buffer", () => {
  it("copies every length from every alignment, and no byte beyond it", () => {
    for (let length = 0; length <= 200; length++) {
      for (let start = 0; start < 5; start++) {
        const out = Buffer.alloc(600, 0x55);
        const view = new DataView(out.buffer, out.byteOffset, out.length);
        const at = 3 * start + 1;
        assert.equal(copyRange(source, sourceView, -1, start, start + length, out, view, -1, at), at + length);
        const expected = Buffer.alloc(600, 0x55);
        source.copy(expected, at, start, start + length);
        assert.ok(out.equals(expected), `${length} bytes from ${start}`);
      }
    }
  });

  it("copies every length within the packets' memory, from and to every alignment, and no byte beyond it", () => {
    const from = packetBytes(600);
    const out = packetBytes(600);
    source.copy(from);
    const view = new DataView(from.buffer, from.byteOffset, from.length);
    const outView = new DataView(out.buffer, out.byteOffset, out.length);
    assert.ok(placeOf(from) >= 0 && placeOf(out) >= 0);
    for (let length = 0; length <= 500; length++) {
      for (let start = 0; start < 5; start++) {
        out.fill(0x55);
        const at = 3 * start + 1;
        const end = copyRange(from, view, placeOf(from), start, start + length, out, outView, placeOf(out), at);
        assert.equal(end, at + length);
        const expected = Buffer.alloc(600, 0x55);
        source.copy(expected, at, start, start + length);
        assert.ok(out.equals(expected), `${length} bytes from ${start}`);
      }
    }
  });

  it("copies up to the last byte of the buffer, into the last bytes of another", () => {
    const out = Buffer.alloc(50);
    const view = new DataView(out.buffer, out.byteOffset, out.length);
    for (let length = 1; length <= 50; length++) {
      copyRange(source, sourceView, -1, 600 - length, 600, out, view, -1, 50 - length);
      assert.ok(out.subarray(50 - length).equals(source.subarray(600 - length)), `${length} bytes`);
    }
  });

  it("writes every unsigned number of 32 bits in decimal", () => {
    const numbers = [0, 0xffffffff, 0x80000000, 0x7fffffff, 99_999_999, 65_535, 43_691];
    for (let power = 1; power < 4e9; power *= 10) numbers.push(power - 1, power, power + 1, 3 * power);
    const out = Buffer.alloc(16);
    for (const number of numbers) {
      assert.equal(decimalDigits(number), String(number).length);
      assert.equal(out.toString("latin1", 0, writeDecimal(out, 0, number)), String(number));
    }
  });

  it("reads base64url of every length back, and none with a foreign character, wherever it stands", () => {
    const text = Buffer.alloc(100);
    const back = Buffer.alloc(100);
    for (let length = 1; length <= 40; length++) {
      const end = writeBase64(source, 0, length, text, 0);
      assert.equal(readBase64(text, 0, end, back, 0), length);
      assert.ok(back.subarray(0, length).equals(source.subarray(0, length)));
      for (let at = 0; at < end; at++) {
        const bad = Buffer.from(text);
        bad[at] = 0x2b;
        assert.equal(readBase64(bad, 0, end, back, 0), -1);
      }
    }
  });
});

describe("a Via's received and rport", () => {
  const read = (text: string): string => {
    const bytes = Buffer.from(text, "latin1");
    const via = new Via();
    const isFine = via.reset(bytes, 0, bytes.length);
    const range = (start: number, end: number): string => (start < 0 ? "-" : text.slice(start, end));
    return [
      isFine,
      via.rport,
      range(via.rportStart, via.rportEnd),
      range(via.receivedValueStart, via.receivedValueEnd),
      via.branchStart < 0 ? "-" : range(via.branchStart, via.branchEnd),
    ].join(" ");
  };

  it("are read alike in the usual spelling, the quick way, and in any other", () => {
    const usual = "SIP/2.0/UDP h;branch=z9hG4bKx;rport=5061;received=192.0.2.1";
    assert.equal(read(usual), "true 5061 ;rport=5061 192.0.2.1 z9hG4bKx");
    assert.equal(read(usual.replace("rport", "RPORT")), "true 5061 ;RPORT=5061 192.0.2.1 z9hG4bKx");
    assert.equal(read(usual.replace("received", "Received")), "true 5061 ;rport=5061 192.0.2.1 z9hG4bKx");
    assert.equal(read(`${usual.replace("=5061", "")}, SIP/2.0/UDP x`), "true 0 ;rport 192.0.2.1 z9hG4bKx");
    assert.equal(read(usual.replace("192.0.2.1", "[2001:db8::1]")), "true 5061 ;rport=5061 [2001:db8::1] z9hG4bKx");
    assert.equal(read(usual.replace("rport", "rports")), "true -1 - 192.0.2.1 z9hG4bKx");
  });

  it("are refused when they are no port, empty, or there twice", () => {
    for (const bad of [
      ";rport=65536",
      ";rport=99999999999",
      ";rport=5x",
      ";rport=1;rport=1",
      ";rport;rport",
      ";received=",
      ";received=a;received=a",
      ";received=a b",
    ])
      assert.match(read(`SIP/2.0/UDP h${bad}`), /^false/, bad);
  });
});
