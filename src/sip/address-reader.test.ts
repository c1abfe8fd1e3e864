// Addresses in the packets' memory are read by WebAssembly where they are usual ones, all others by JavaScript: both must read the same.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { NameAddr } from "./name-addr.ts";
import { ADDRESS, packetBytes, placeOf, readPacketAddress } from "./packet-memory.ts";

const bytes = packetBytes(4096);
const place = placeOf(bytes);
const quick = new NameAddr();
const plain = new NameAddr();

function fields(address: NameAddr): unknown[] {
  return Object.entries(address).filter(([, value]) => typeof value !== "object");
}

/** Reads `text` both ways, with `behind` after it; returns whether WebAssembly did it. */
function readsTheSame(text: string, behind: string): boolean {
  const end = 5 + bytes.write(text, 5, "latin1");
  bytes.write(behind, end, "latin1");
  assert.equal(quick.reset(bytes, 5, end, place), plain.reset(bytes, 5, end), text);
  assert.deepEqual(fields(quick), fields(plain), text);
  return readPacketAddress(place + 5, place + end, place) !== 0;
}

const USUAL = [
  "<sip:a>",
  "<sips:bob@example.com>",
  '"Alice" <sip:alice@example.com>;tag=1928301774',
  '""<sip:alice@[2001:db8::1]:5060;transport=udp?a=b>;tag=a',
  `"${"x".repeat(60)}" <sip:${"y".repeat(60)}@example.com>;tag=${"z".repeat(60)}`,
  "sipp <sip:sipp@192.0.2.1:5060>;tag=1SIPpTag001",
  `Alice  B.${"x".repeat(30)} Smith-Jones_3rd<sips:alice@example.com>`,
  '"a > b; <c" <sip:alice@example.com;lr>',
];

it("usual addresses are read by WebAssembly, and as JavaScript reads them", () => {
  for (const text of USUAL) assert.ok(readsTheSame(text, "\r\n"), text);
  readPacketAddress(place + 5, place + 5 + USUAL.at(-1)!.length, place);
  assert.deepEqual([...ADDRESS], [18, 42, -1]);
});

it("a usual address with any byte changed, or cut short anywhere, reads the same both ways", () => {
  for (const text of USUAL) {
    for (let at = 0; at < text.length; at++) {
      for (const behind of ["\r\n", text.slice(at), '">;tag=evil'] as const) readsTheSame(text.slice(0, at), behind);
      for (let code = 0; code < 256; code++)
        readsTheSame(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1), "\r\n");
    }
  }
});

it("any address, well-formed or not, reads the same both ways", () => {
  const piece = fc.constantFrom(
    ...[
      '"',
      '"Al"',
      "\\",
      "<",
      ">",
      "sip:",
      "sips:",
      "SIP:",
      "tel:",
      "a",
      "bob@example.com",
      ";tag=",
      ";Tag=",
      "x1",
      ";lr",
    ],
    ...[" ", "\t", "\r\n ", ",", ";", "=", ":", "?a=b", "(", ")", "\0", "\x7f", "\xe9", "0123456789abcdef"],
  );
  let quicks = 0;
  const text = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    fc
      .tuple(
        fc.constantFrom("", '"Al" ', "Al ", "Al B", " Al ", '"Al" B ', 'Al "B" ', "Al\r\n B "),
        piece,
        fc.constantFrom("", ";tag="),
        piece,
      )
      .map(([name, uri, tag, value]) => `${name}<sip:${uri}a>${tag}${value}`),
  );
  fc.assert(
    fc.property(text, fc.constantFrom("\r\n", "a>\r\n", "x"), (value, behind) => {
      if (readsTheSame(value, behind)) quicks++;
    }),
    { numRuns: runs(10_000) },
  );
  assert.ok(quicks > 100, `${quicks} by WebAssembly`);
});
