// Start lines, and the values that every message needs, are read by WebAssembly where they are usual ones and lie in the packets'
// memory, all others by JavaScript: both must read the same.
import assert from "node:assert/strict";
import { it } from "node:test";
import { Message } from "./message.ts";
import { METHOD_NAMES } from "./method.ts";
import { packetBytes, placeOf, readPacketStart, readPacketValues } from "./packet-memory.ts";

const packets = packetBytes(4096);
const elsewhere = Buffer.from(new ArrayBuffer(4096));
const place = placeOf(packets);
const quick = new Message();
const plain = new Message();

function facts(message: Message): unknown[] {
  return Object.entries(message).filter(
    ([name, value]) => typeof value !== "object" && !["place", "tablesAt"].includes(name),
  );
}

/** Reads `text` in both memories, with `behind` after it; returns where it ends. */
function readsTheSame(text: string, behind = "\r\n\r\n"): number {
  const end = 5 + text.length;
  for (const bytes of [packets, elsewhere]) {
    bytes.write(text, 5, "latin1");
    bytes.write(behind, end, "latin1");
  }
  assert.equal(quick.reset(packets, 5, end), plain.reset(elsewhere, 5, end), text);
  assert.deepEqual(facts(quick), facts(plain), text);
  return end;
}

const REQUESTS = METHOD_NAMES.slice(1).map((name) => ({ name, line: `${name} sip:bob@example.com SIP/2.0` }));
const RESPONSES = ["SIP/2.0 200 OK", "SIP/2.0 100 ", "SIP/2.0 699 Sch\xc3\xb6n, danke"];

function message(line: string, method: string): string {
  return (
    `${line}\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKa\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n` +
    `Call-ID: 0123456789abcdef-0123@192.0.2.1\r\nCSeq: 2147483 ${method}\r\nContent-Length: 4\r\n\r\nbody and more`
  );
}

/** `text` with any one byte of what stands between `from` and `to` changed, left out or doubled. */
function* changed(text: string, from: number, to: number): Generator<string> {
  for (let at = from; at < to; at++) {
    for (let code = 0; code < 256; code++) yield text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
    yield text.slice(0, at) + text.slice(at + 1);
    yield text.slice(0, at) + text.slice(at - 1);
  }
}

it("the usual start line of every known method and of responses is read by WebAssembly, and the values of its message", () => {
  for (const { name, line } of [...REQUESTS, ...RESPONSES.map((line) => ({ name: "INVITE", line }))]) {
    const end = readsTheSame(message(line, name));
    assert.equal(readPacketStart(place + 5, place + end, place), 1, line);
    assert.equal(readPacketValues(placeOf(quick.valueStart), 0, place), 1, line);
    assert.equal(quick.isRequest ? METHOD_NAMES[quick.method] : "INVITE", name);
    assert.deepEqual([quick.cseq, quick.contentLength, quick.maxForwards], [2_147_483, 4, quick.isRequest ? 70 : -1]);
  }
});

it("a usual start line with any byte changed, or cut short anywhere, reads the same in both memories", () => {
  for (const { name, line } of [...REQUESTS, ...RESPONSES.map((line) => ({ name: "INVITE", line }))]) {
    const text = message(line, name);
    // Behind the method, one request stands for all.
    const to = name === "INVITE" ? line.length + 2 : name.length + 2;
    for (const other of changed(text, 0, to)) readsTheSame(other);
    for (let end = 0; end < line.length + 4; end++)
      for (const behind of [text.slice(end, end + 100), "SIP/2.0\r\n\r\n"]) readsTheSame(text.slice(0, end), behind);
  }
});

it("Call-ID, CSeq, Content-Length and Max-Forwards with any byte changed read the same in both memories", () => {
  for (const line of [REQUESTS[0]!.line, RESPONSES[0]!]) {
    const text = message(line, "INVITE");
    for (const name of ["Call-ID:", "CSeq:", "Content-Length:", "Max-Forwards:"]) {
      const from = text.indexOf(name);
      for (const other of changed(text, from, text.indexOf("\r\n", from) + 2)) readsTheSame(other);
    }
  }
});

it("numbers of any length, and headers that are missing or empty, read the same in both memories", () => {
  const numbers = ["", "0", "255", "256", "0070", "2147483647", "2147483648", "4294967297", "999999999", "9999999999"];
  for (const number of numbers)
    for (const name of ["CSeq", "Content-Length", "Max-Forwards"])
      for (const line of [REQUESTS[0]!.line, RESPONSES[0]!]) {
        const text = message(line, "INVITE");
        readsTheSame(text.replace(new RegExp(`${name}: \\d+`), `${name}: ${number}`));
        readsTheSame(text.replace(new RegExp(`${name}: .*\\r\\n`), number === "" ? "" : `${name}:\r\n`));
        readsTheSame(text.replace(/Call-ID: .*\r\n/, number === "" ? "" : `Call-ID: ${number}\r\n`));
      }
});
