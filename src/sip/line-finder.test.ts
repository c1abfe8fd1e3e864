// Messages in the packets' memory are read by WebAssembly as far as they are usual, messages elsewhere by JavaScript alone:
// every message must read the same in both.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { it } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { HEADER_COUNT, HEADER_NAMES, type Header } from "./header.ts";
import { LineTables } from "./line-finder.ts";
import { Message } from "./message.ts";
import { FOUND, findHeaderLines, packetBytes, packetWords, placeOf } from "./packet-memory.ts";
import { Reason } from "./reason.ts";
import { ascii } from "./scan.ts";
import { validateRequest, validateResponse } from "./validate.ts";

const CORPORA = process.env.FAIRLEAD_CORPORA ?? resolve(import.meta.dirname, "../../../shared/corpora");
const skip = existsSync(CORPORA) ? false : `no corpora at ${CORPORA}`;

const packets = packetBytes(1 << 17);
const elsewhere = Buffer.from(new ArrayBuffer(1 << 17));
const quick = new Message();
const plain = new Message();
for (const message of [quick, plain]) message.watched = [ascii("x-watched")];

/** Where bytes and tables lie: what is meant to differ. */
const PLACES = new Set(["place", "tablesAt"]);

/** All else that a message says of itself, as text. */
function facts(message: Message): string {
  const lines: unknown[] = [];
  const judgement =
    message.reason === Reason.ok ? (message.isRequest ? validateRequest : validateResponse)(message) : 0;
  lines.push(judgement, message.parseFrom(), message.parseTo(), message.parseFirstRoute());
  const views = [message, message.topVia, message.from, message.to, message.firstRoute];
  for (const [name, value] of views.flatMap((view) => Object.entries(view)))
    if ((typeof value === "number" || typeof value === "boolean") && !PLACES.has(name)) lines.push([name, value]);
  for (let id = 1; id < HEADER_COUNT; id++) {
    lines.push([HEADER_NAMES[id], message.count[id], message.valueStart[id], message.lineStart[id]]);
    for (let from = -1; message.nextLine(id as Header, from); from = message.iterLineEnd)
      lines.push([message.iterLineStart, message.iterStart, message.iterEnd, message.iterLineEnd]);
  }
  return JSON.stringify([lines, message.lineCount, message.canAnswer], null, 0);
}

/** Reads `text` in both memories, at `at`, with `behind` after it; returns the reason. */
function readsTheSame(text: Uint8Array, at: number, behind: Uint8Array): Reason {
  for (const bytes of [packets, elsewhere]) {
    bytes.set(text, at);
    bytes.set(behind, at + text.length);
  }
  const end = at + text.length;
  const reason = quick.reset(packets, at, end);
  assert.equal(plain.reset(elsewhere, at, end), reason);
  const expected = facts(plain);
  if (facts(quick) !== expected) assert.deepEqual(JSON.parse(facts(quick)), JSON.parse(expected));
  return reason;
}

const NOTHING = Buffer.alloc(0);
const EVIL = Buffer.from("\r\nVia: SIP/2.0/UDP evil\r\n\r\n", "latin1");

const USUAL = Buffer.from(
  "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;rport\r\nMax-Forwards: 70\r\n" +
    'From: "Alice" <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: a@b\r\nCSeq: 1 INVITE\r\n' +
    "Contact:<sip:alice@192.0.2.1>\r\nRecord-Route: <sip:192.0.2.9;lr>\r\nContent-Length: 4\r\n\r\nbody",
  "latin1",
);

it("WebAssembly finds all lines of a usual message", () => {
  const place = placeOf(packets);
  assert.ok(place >= 0 && placeOf(quick.valueStart) >= 0);
  assert.equal(placeOf(elsewhere), -1);
  packets.set(USUAL, 0);
  const start = USUAL.indexOf("Via");
  assert.equal(findHeaderLines(place + start, place + USUAL.length, placeOf(packetWords(LineTables.words)), place), 0);
  assert.deepEqual([...FOUND], [USUAL.indexOf("\r\n\r\n") + 2, 9]);
});

it("a usual message reads the same in both memories wherever it is cut short", () => {
  for (let end = 0; end <= USUAL.length; end++)
    for (const behind of [USUAL.subarray(end), EVIL, NOTHING]) readsTheSame(USUAL.subarray(0, end), end % 7, behind);
});

it("every file of the corpora reads the same in both memories, whole and cut short anywhere", { skip }, () => {
  let files = 0;
  let wellFormed = 0;
  for (const name of readdirSync(CORPORA, { recursive: true, encoding: "utf8" })) {
    const path = join(CORPORA, name);
    if (!statSync(path).isFile()) continue;
    const bytes = readFileSync(path).subarray(0, 65_507);
    if (readsTheSame(bytes, files % 67, EVIL) === Reason.ok) wellFormed++;
    const step = Math.max(1, Math.floor(bytes.length / 12));
    for (let end = 0; end < Math.min(bytes.length, 4000); end += step)
      readsTheSame(bytes.subarray(0, end), 1, bytes.subarray(end, end + 200));
    files++;
  }
  console.log(`the same in both memories: ${files} of ${files} files, ${wellFormed} of them well-formed`);
  assert.ok(files > 1000 && wellFormed > 100);
});

const NAMES = [...HEADER_NAMES.filter((name) => name !== ""), "X-Other", "x-watched", "P-Charging-Vector"];
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("v", "To", "f", "i", "VIA", "cSeq", "content-length", "Vi", "Via ", "", "To\t"),
  },
);
const separator = fc.oneof(
  { weight: 8, arbitrary: fc.constant(": ") },
  { weight: 1, arbitrary: fc.constantFrom(":", ":  ", ":\t", " : ", "", ": \r\n ", ":\0") },
);
const value = fc.oneof(
  { weight: 8, arbitrary: fc.string({ maxLength: 140, unit: fc.constantFrom(...'abc:;@<>"1 \xe9\x7f') }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "x ",
      "x\t",
      "a\r\n b",
      "a\0b",
      '"\\\0"',
      "a\rb",
      "a\nb",
      "\r",
      "a\r\n \r\n b",
      "70",
      "1 INVITE",
    ),
  },
);
const ending = fc.oneof(
  { weight: 30, arbitrary: fc.constant("\r\n") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("\n", "\r", "\r\r\n", "\n\r", "\0\r\n", "\r\n\t", "\r\n ", "\r\n\r\n", "\rx\r\n", ""),
  },
);
const line = fc.tuple(name, separator, value, ending).map((parts) => parts.join(""));

it("any lines, usual and not, in any order and number, read the same in both memories", () => {
  let wellFormed = 0;
  const message = fc.record({
    start: fc.constantFrom("INVITE sip:a@example.com SIP/2.0\r\n", "SIP/2.0 200 OK\r\n"),
    lines: fc.array(line, { maxLength: 90, size: "max" }),
    end: fc.constantFrom("\r\n", "\r\n", "\r\nv=0\r\n\r\n", "", "\r", "\r\n\r\n\r\n"),
    at: fc.nat(70),
    behind: fc.constantFrom(NOTHING, EVIL, Buffer.from("\n"), Buffer.from("\r\n\r\n")),
  });
  fc.assert(
    fc.property(message, ({ start, lines, end, at, behind }) => {
      if (readsTheSame(Buffer.from(start + lines.join("") + end, "latin1"), at, behind) === Reason.ok) wellFormed++;
    }),
    { numRuns: runs(3000) },
  );
  assert.ok(wellFormed > 10, `${wellFormed} well-formed ones`);
});

it("a line reads the same in both memories wherever its end stands, with as many others as may be", () => {
  for (let width = 0; width < 200; width++) {
    for (const count of [1, 2, 9, 63, 64, 65, 80]) {
      const lines = `Subject: ${"x".repeat(width)}y\r\nTo: b\r\n${"A:b\r\n".repeat(count)}Via: SIP/2.0/UDP a\r\n\r\n`;
      readsTheSame(Buffer.from(`OPTIONS sip:a SIP/2.0\r\n${lines}`, "latin1"), width % 5, EVIL);
    }
  }
  assert.equal(quick.count[1], 1);
});
