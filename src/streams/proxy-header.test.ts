// The PROXY protocol's header, as haproxy's document has it and as nobody should send it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ENDPOINT_WORDS, formatEndpoint, parseEndpoint } from "../net/endpoint.ts";
import { NO_HEADER, readProxyHeader, writeProxyHeader } from "./proxy-header.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const REST = "OPTIONS sip:a@b SIP/2.0\r\n";

function endpoint(host: string, port: number): Int32Array {
  const words = new Int32Array(ENDPOINT_WORDS);
  assert.ok(parseEndpoint(host, port, words, 0));
  return words;
}

/** What a header says: its length, and the peer that it leaves. */
function read(text: string | Buffer): { length: number; peer: string } {
  const peer = endpoint("192.0.2.99", 9);
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
  return { length: readProxyHeader(bytes, peer), peer: formatEndpoint(peer, 0) };
}

function binary(command: number, family: number, addresses: string, tlvs = ""): string {
  const payload = Buffer.from(addresses, "hex").toString("latin1") + tlvs;
  const length = String.fromCharCode(payload.length >> 8, payload.length & 255);
  return SIGNATURE + String.fromCharCode(command, family) + length + payload;
}

const V4 = "0a090807c0000201a51213c4";
const V6 = `${"20010db8".padEnd(30, "0")}17${"20010db8".padEnd(30, "0")}01a51213c4`;
const PROXY = "192.0.2.99:9";

const good: readonly [string, string, string][] = [
  ["version 1 over IPv4", "PROXY TCP4 10.9.8.7 192.0.2.1 42258 5060\r\n", "10.9.8.7:42258"],
  ["version 1 over IPv6", "PROXY TCP6 2001:db8::17 2001:db8::1 42258 5060\r\n", "[2001:db8::17]:42258"],
  ["version 1 of nobody", "PROXY UNKNOWN\r\n", PROXY],
  ["version 1 of nobody with what is to be ignored", "PROXY UNKNOWN ffff::1 255.255.255.255 x y\r\n", PROXY],
  ["version 2 over IPv4", binary(0x21, 0x11, V4), "10.9.8.7:42258"],
  ["version 2 over IPv6", binary(0x21, 0x21, V6), "[2001:db8::17]:42258"],
  [
    "version 2 with what else the proxy tells",
    binary(0x21, 0x11, V4, `\x03\0\x04abcd\x04${"x".repeat(600)}`),
    "10.9.8.7:42258",
  ],
  ["version 2 of the proxy itself", binary(0x20, 0x00, ""), PROXY],
  ["version 2 of the proxy itself, with addresses", binary(0x20, 0x11, V4), PROXY],
  ["version 2 of nobody", binary(0x21, 0x00, ""), PROXY],
];

const bad: readonly [string, string][] = [
  ["SIP", REST],
  ["an octet that is in neither", "\x16\x03\x01"],
  ["a keep-alive", "\r\n\r\n\r\n\r\n"],
  ["small letters", "proxy TCP4 10.9.8.7 192.0.2.1 42258 5060\r\n"],
  ["UDP", "PROXY UDP4 10.9.8.7 192.0.2.1 42258 5060\r\n"],
  ["two spaces", "PROXY  TCP4 10.9.8.7 192.0.2.1 42258 5060\r\n"],
  ["a space too many", "PROXY TCP4 10.9.8.7 192.0.2.1 42258 5060 \r\n"],
  ["a port too few", "PROXY TCP4 10.9.8.7 192.0.2.1 42258\r\n"],
  ["a port beyond 65535", "PROXY TCP4 10.9.8.7 192.0.2.1 65536 5060\r\n"],
  ["a port with zeros", "PROXY TCP4 10.9.8.7 192.0.2.1 05060 5060\r\n"],
  ["a negative port", "PROXY TCP4 10.9.8.7 192.0.2.1 -1 5060\r\n"],
  ["an octal address", "PROXY TCP4 010.9.8.7 192.0.2.1 42258 5060\r\n"],
  ["a number for an address", "PROXY TCP4 168364039 192.0.2.1 42258 5060\r\n"],
  ["a name", "PROXY TCP4 localhost 192.0.2.1 42258 5060\r\n"],
  ["the other family", "PROXY TCP6 10.9.8.7 192.0.2.1 42258 5060\r\n"],
  ["two families", "PROXY TCP4 10.9.8.7 2001:db8::1 42258 5060\r\n"],
  ["a scope", "PROXY TCP6 fe80::1%2 fe80::2 42258 5060\r\n"],
  ["a caller at port 0", "PROXY TCP4 10.9.8.7 192.0.2.1 0 5060\r\n"],
  ["a caller at port 0 in version 2", binary(0x21, 0x11, V4.replace("a512", "0000"))],
  ["a caller at port 0 over IPv6", binary(0x21, 0x21, V6.replace("a512", "0000"))],
  ["a line that ends in LF", "PROXY TCP4 10.9.8.7 192.0.2.1 42258 5060\nOPTIONS\r\n"],
  ["a line without end", `PROXY UNKNOWN ${"x".repeat(100)}`],
  ["a line of 108 bytes", `PROXY UNKNOWN ${"x".repeat(92)}\r\n`],
  ["version 1 in the binary form", `${SIGNATURE}\x11\x11\0\x0c${Buffer.from(V4, "hex").toString("latin1")}`],
  ["an unknown command", binary(0x22, 0x11, V4)],
  ["datagrams", binary(0x21, 0x12, V4)],
  ["a socket in the file system", binary(0x21, 0x31, "00".repeat(216))],
  ["an unknown family", binary(0x21, 0x41, V4)],
  ["addresses that are too short", binary(0x21, 0x11, V4.slice(0, 22))],
  ["IPv6 with addresses of IPv4", binary(0x21, 0x21, V4)],
  ["64 KiB", `${SIGNATURE}\x21\x11\xff\xff`],
];

describe("the PROXY protocol", () => {
  for (const [what, text, peer] of good) {
    it(`${what}: the peer is who it says, wherever the network cuts it`, () => {
      assert.deepEqual(read(text + REST), { length: text.length, peer });
      for (let cut = 0; cut < text.length; cut++)
        assert.deepEqual(read(text.slice(0, cut)), { length: 0, peer: PROXY });
    });
  }

  for (const [what, text] of bad) {
    it(`${what} is no header, and the peer stays who it is`, () => {
      assert.deepEqual(read(text), { length: NO_HEADER, peer: PROXY });
      for (let cut = 0; cut < text.length; cut++) {
        const { length, peer } = read(text.slice(0, cut));
        assert.ok(length === 0 || length === NO_HEADER, `cut at ${cut}`);
        assert.equal(peer, PROXY);
      }
    });
  }

  it("what we write is read as we meant it", () => {
    for (const [from, to] of [
      [endpoint("10.0.0.1", 40_000), endpoint("10.0.0.2", 5060)],
      [endpoint("2001:db8::1", 40_000), endpoint("2001:db8::2", 5060)],
    ] as const) {
      const header = writeProxyHeader(from, to);
      assert.deepEqual(read(header), { length: header.length, peer: formatEndpoint(from, 0) });
    }
  });
});
