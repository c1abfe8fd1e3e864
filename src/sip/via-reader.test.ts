// Vias in the packets' memory are read by WebAssembly where they are usual ones, all others by JavaScript: both must read the same.
import assert from "node:assert/strict";
import { it } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { packetBytes, placeOf, readPacketVia } from "./packet-memory.ts";
import { Via } from "./via.ts";

const bytes = packetBytes(4096);
const place = placeOf(bytes);
const quick = new Via();
const plain = new Via();

function fields(via: Via): unknown[] {
  return Object.entries(via).filter(([, value]) => typeof value !== "object");
}

/** Reads `text` both ways, with `behind` after it; returns whether WebAssembly did it. */
function readsTheSame(text: string, behind: string): boolean {
  const end = 5 + bytes.write(text, 5, "latin1");
  bytes.write(behind, end, "latin1");
  assert.equal(quick.reset(bytes, 5, end, place), plain.reset(bytes, 5, end), text);
  assert.deepEqual(fields(quick), fields(plain), text);
  return readPacketVia(place + 5, place + end, place) !== 0;
}

const USUAL = [
  "SIP/2.0/UDP a",
  "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-524287-1---0123456789abcdef;rport",
  "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776;received=192.0.2.3;rport=65535",
  "SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKa",
  "SIP/2.0/TLS 192.0.2.1;rport;branch=z9hG4bKa",
  "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKa;rport",
  "SIP/2.0/UDP some_host.example-1.com:00065;rport;branch=Z9HG4Bk",
  `SIP/2.0/UDP ${"x".repeat(70)}.example.com;received=2001:db8::1;branch=${"y".repeat(70)}`,
];

it("usual Vias are read by WebAssembly, and as JavaScript reads them", () => {
  for (const text of USUAL) assert.ok(readsTheSame(text, "\r\n"), text);
  readsTheSame(USUAL[2]!, "\r\n");
  const { port, hasMagic, rport } = quick;
  assert.deepEqual({ port, hasMagic, rport }, { port: 5060, hasMagic: true, rport: 65_535 });
  assert.equal(bytes.toString("latin1", quick.receivedValueStart, quick.receivedValueEnd), "192.0.2.3");
});

it("a usual Via with any byte changed, or cut short anywhere, reads the same both ways", () => {
  for (const text of USUAL) {
    for (let at = 0; at < text.length; at++) {
      for (const behind of ["\r\n", text.slice(at), "0;branch=evil"]) readsTheSame(text.slice(0, at), behind);
      for (let code = 0; code < 256; code++)
        readsTheSame(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1), "\r\n");
    }
  }
});

it("any Via, well-formed or not, reads the same both ways", () => {
  const param = fc.constantFrom(
    ...[
      ";branch=z9hG4bKa",
      ";branch=z9hG4bK",
      ";branch=",
      ";branch",
      ";Branch=x",
      ";branch = x",
      ';branch="x"',
      ";branch=a,",
    ],
    ...[
      ";rport",
      ";rport=",
      ";rport=0",
      ";rport=5060",
      ";rport=65536",
      ";rport=0000000080",
      ";rportx",
      ";rport =1",
      ";rport,",
    ],
    ...[
      ";received=1.2.3.4",
      ";received=",
      ";received=[::1]",
      ";received",
      ";receivedx=1",
      ";maddr=a",
      ";ttl=1",
      ";x",
      ";",
      " ",
    ],
    ...[", SIP/2.0/UDP b", "\r\n ;rport", "\0", "\xe9", "\x7f", ";alias"],
  );
  const head = fc.constantFrom(
    ...[
      "SIP/2.0/UDP ",
      "SIP/2.0/UDP ",
      "SIP/2.0/UDP ",
      "SIP/2.0/TCP ",
      "sip/2.0/UDP ",
      "SIP / 2.0 / UDP  ",
      "SIP/3.0/UDP ",
      " SIP/2.0/UDP ",
    ],
  );
  const host = fc.constantFrom(
    ...[
      "a",
      "192.0.2.1",
      "192.0.2.1:5060",
      "a:0",
      "a:65536",
      "a:",
      "a :1",
      "[::1]:5060",
      "",
      "a:00000005060",
      "a/b",
      "a@b",
      "\xe9",
    ],
  );
  let quicks = 0;
  const via = fc.tuple(head, host, fc.array(param, { maxLength: 4 }));
  fc.assert(
    fc.property(via, fc.constantFrom("\r\n", "0;rport\r\n", "x"), ([first, sentBy, params], behind) => {
      if (readsTheSame(first + sentBy + params.join(""), behind)) quicks++;
    }),
    { numRuns: runs(20_000) },
  );
  assert.ok(quicks > 100, `${quicks} by WebAssembly`);
});
