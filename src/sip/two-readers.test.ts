// WebAssembly and JavaScript read the same in every message, however it was mixed: whole messages made of what hostile senders write,
// wherever they lie in the packets' memory and whatever an earlier packet has left behind them.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { HEADER_COUNT, type Header } from "./header.ts";
import { Message } from "./message.ts";
import { packetBytes, placeOf } from "./packet-memory.ts";
import { Via } from "./via.ts";

/** The longest message made here, and where it may begin. */
const MOST = 8_192;
const PLACES = 64;

const packets = packetBytes(PLACES + MOST);
const elsewhere = Buffer.from(new ArrayBuffer(PLACES + MOST));
const quick = new Message();
const plain = new Message();
const below = new Via();
/** At the very end of the packets' memory: what comes after it finds no place there. */
const last = lastBytes(PLACES + MOST);

/** What `packetBytes` gives last. */
function lastBytes(count: number): Buffer {
  let bytes = packetBytes(count);
  for (let step = 1 << 24; step >= 64; step >>= 1) {
    for (let next = packetBytes(step); placeOf(next) >= 0; next = packetBytes(step))
      if (step >= count) bytes = next.subarray(step - count);
      else bytes = Buffer.from(next.buffer, next.byteOffset + step - count, count);
  }
  return bytes;
}

function fieldsOf(view: object): unknown[] {
  return Object.entries(view).filter(([name, value]) => typeof value !== "object" && !/^(place|tablesAt)$/.test(name));
}

/** All that anybody may ask of a message. */
function facts(m: Message): unknown[] {
  const known: unknown[] = [fieldsOf(m), fieldsOf(m.topVia), m.lineCount, m.canAnswer];
  for (let id = 1; id < HEADER_COUNT; id++) {
    if (m.count[id] === 0) continue;
    known.push([id, m.count[id], m.valueStart[id], m.valueEnd[id], m.lineStart[id], m.lineEnd[id]]);
    for (let from = -1; m.nextLine(id as Header, from); from = m.iterLineEnd)
      known.push([m.iterStart, m.iterEnd, m.iterLineStart, m.iterLineEnd]);
  }
  known.push(m.nextVia(below), fieldsOf(below), m.parseFrom(), fieldsOf(m.from), m.parseTo(), fieldsOf(m.to));
  return known;
}

const BLANKS = ["", " ", "  ", "\t", " \t ", "\r\n ", "\r\n\t ", "\x00", "\x0b", "\r", "\n", "\x7f", "\xa0"];
const LINE_ENDS = ["\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", "\r\n \r\n", ""];
const NAMES = [
  ...["Call-ID", "CSeq", "Content-Length", "Max-Forwards", "Via", "From", "To", "Contact", "Route", "Subject"],
  ...["i", "l", "v", "f", "t", "m", "I", "L", "V", "call-id", "CALL-ID", "cSEQ", "content-length", "CONTENT-LENGTH"],
  ...["max-forwards", "Call-ID-X", "XCSeq", "Content-Lengths", "", "Max_Forwards", "Call-I", "X"],
];
const NUMBERS = [
  ...["0", "1", "70", "255", "256", "0070", "00000000070", "000000000", "2147483647", "2147483648", "4294967295"],
  ...[
    "4294967296",
    "4294967366",
    "18446744073709551686",
    "999999999",
    "1000000000",
    "-1",
    "+70",
    "7e1",
    "0x46",
    "70.",
    "",
  ],
];
const VALUES = [
  ...[
    "INVITE",
    "invite",
    "INVITe",
    "INVITE;x=1",
    "INVITE ACK",
    "ACK",
    "FOO-BAR",
    "@AZ[",
    "abc@h",
    "a b",
    "a",
    "é",
    "<>",
  ],
  ...[
    "SIP/2.0/UDP h;branch=z9hG4bKx",
    "SIP/2.0/UDP h:5060;rport;branch=z9hG4bKx;received=1.2.3.4",
    "SIP / 2.0 / UDP h",
  ],
  ...[
    "SIP/2.0/TCP h;branch=",
    "SIP/2.0/UDP h, SIP/2.0/UDP g;rport=1",
    "SIP/2.0/UDP h:99999",
    "SIP/2.0/UDP [::1]:5;ttl=1",
  ],
  ...[
    "<sip:a@b>;tag=x",
    '"a\\"b" <sip:a@b>;tag=x',
    "sip:a@b;tag=x",
    "<sip:a@b>;x=1;tag=y",
    "<sip:a@b>;tag=",
    '"<" <sips:a@b>',
  ],
  ...["<sip:a@b>;tag=x;tag=y", "<sip:a@b> ;tag=x", "<SIP:a@b>;TAG=x", "<sip:a@b>, <sip:c@d>", "<sip:a@b>;tag=x\0"],
];
const METHODS = [
  "INVITE",
  "ACK",
  "BYE",
  "OPTIONS",
  "REGISTER",
  "PRACK",
  "INVITES",
  "INVIT",
  "invite",
  "FOO",
  "SIP/2.0",
];
const REST = [
  ...[" sip:b@c SIP/2.0", "  sip:b@c SIP/2.0", " sip:b@c  SIP/2.0", "\tsip:b@c SIP/2.0", " sip:b@c SIP/2.0 "],
  ...[
    " sip:b@c sip/2.0",
    " sip:b@c SIP/3.0",
    " SIP/2.0",
    "  SIP/2.0",
    " sip:b@c",
    " 200 OK",
    " 200",
    " 200 ",
    " 099 a",
  ],
  ...[
    " 0200 a",
    " 700 a",
    " 2 00",
    " 699 ",
    " 200\ta",
    " 200 a\0b",
    " sip:b c SIP/2.0",
    " s SIP/2.0",
    " sip:b\x01 SIP/2.0",
  ],
];

const pick = (texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
/** Nearly always the usual one. */
const mostly = (usual: string, others: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: pick(others) });
const padding = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 70 }).map((count) => "p".repeat(count)) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 1_200 }).map((count) => "p".repeat(count)) },
);
const value = fc.oneof(
  pick(VALUES),
  pick(NUMBERS),
  fc.tuple(pick(NUMBERS), mostly(" ", BLANKS), pick(VALUES)).map((parts) => parts.join("")),
);
const line = fc
  .tuple(pick(NAMES), mostly("", BLANKS), mostly(": ", [":", ":  ", ":\t", " ", "::", ":\r\n "]), value, padding)
  .chain(([name, gap, colon, text, long]) =>
    fc
      .tuple(mostly("", BLANKS), mostly("\r\n", LINE_ENDS))
      .map(([blank, end]) => name + gap + colon + text + long + blank + end),
  );
/** Usual ones, so that what is odd in one line is not hidden by what is wrong with the rest. */
const USUAL = [
  "Via: SIP/2.0/UDP h:5060;branch=z9hG4bKx;rport\r\n",
  "Max-Forwards: 70\r\n",
  "From: <sip:a@b>;tag=1\r\n",
  "To: <sip:c@d>\r\n",
  "Call-ID: 0123456789@h\r\n",
  "CSeq: 1 INVITE\r\n",
  "Content-Length: 3\r\n",
];
const ODD_BYTES = [..."@[`{\x00\t\n\r\x0d\x0e !/:;,\x7f\x80\xff"];
const withByte = (text: string, at: number, byte: string): string => text.slice(0, at) + byte + text.slice(at + 1);
const lines = fc.oneof(
  fc.array(line, { maxLength: 12 }),
  // One value that is another one, or of which one byte is.
  fc
    .tuple(fc.nat({ max: USUAL.length - 1 }), value, mostly("", BLANKS))
    .map(([at, odd, blank]) => USUAL.map((usual, i) => (i === at ? usual.replace(/: .*/, `: ${odd}${blank}`) : usual))),
  fc
    .tuple(
      fc.nat({ max: USUAL.length - 1 }),
      fc.nat({ max: 60 }),
      fc.oneof(
        pick(ODD_BYTES),
        fc.nat({ max: 255 }).map((code) => String.fromCharCode(code)),
      ),
    )
    .map(([at, place, odd]) =>
      USUAL.map((usual, i) => (i === at ? withByte(usual, place % usual.length, odd) : usual)),
    ),
  fc
    .tuple(fc.subarray(USUAL), fc.array(line, { maxLength: 3 }), fc.integer({ min: 0, max: 7 }))
    .map(([usual, odd, at]) => [...usual.slice(0, at), ...odd, ...usual.slice(at)]),
);
const START_LINES = [
  "INVITE sip:b@c SIP/2.0",
  "SIP/2.0 200 OK",
  "SIP/2.0 699 ",
  "OPTIONS sip:b@c SIP/2.0",
  "ACK s SIP/2.0",
];
const oddStart = fc
  .tuple(pick(START_LINES), fc.nat({ max: 30 }), fc.nat({ max: 255 }))
  .map(
    ([usual, at, code]) =>
      `${withByte(usual, at % usual.length, String.fromCharCode(code))}\r\n${USUAL.join("")}\r\nbody`,
  );
const text = fc.oneof(
  { weight: 1, arbitrary: oddStart },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        mostly("", ["\r\n", "\n", "\r\n\r\n", "\0"]),
        mostly("INVITE", METHODS),
        mostly(" sip:b@c SIP/2.0", REST),
        padding,
      )
      .chain(([before, method, rest, long]) =>
        fc
          .tuple(mostly("\r\n", LINE_ENDS), lines, mostly("\r\n", LINE_ENDS), pick(["", "b", "bod", "body and more"]))
          .map(
            ([end, all, empty, body]) =>
              `${before}${method}${rest.replace("b@c", `b${long}@c`)}${end}${all.join("")}${empty}${body}`,
          ),
      ),
  },
);

it("a message reads the same in the packets' memory and elsewhere, wherever it lies and ends, and whatever stands behind it", () => {
  assert.ok(placeOf(last) >= 0);
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 0, max: PLACES }),
      fc.nat({ max: 1_000_000 }),
      fc.boolean(),
      (whole, start, cut, isCut) => {
        const all = whole.slice(0, MOST);
        const length = isCut ? cut % (all.length + 1) : all.length;
        elsewhere.write(all, start, "latin1");
        packets.write(all, start, "latin1");
        const reason = plain.reset(elsewhere, start, start + length);
        const wanted = facts(plain);
        assert.equal(quick.reset(packets, start, start + length), reason);
        assert.deepEqual(facts(quick), wanted);
        // As far back as it can be, with what is cut off not there at all.
        const at = last.length - length;
        last.write(all.slice(0, length), at, "latin1");
        elsewhere.copyWithin(at, start, start + length);
        assert.equal(plain.reset(elsewhere, at, at + length), reason);
        const behind = facts(plain);
        assert.equal(quick.reset(last, at, at + length), reason);
        assert.deepEqual(facts(quick), behind);
        assert.equal(quick.measure(last, at, at + length), plain.measure(elsewhere, at, at + length));
        assert.deepEqual([quick.end, quick.contentLength], [plain.end, plain.contentLength]);
      },
    ),
    { numRuns: runs(4_000) },
  );
});
