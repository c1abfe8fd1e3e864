import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { formatPeer, parsePeer } from "./dgram-address.ts";
import {
  copyEndpoint,
  ENDPOINT_WORDS,
  formatAddress,
  formatEndpoint,
  hashEndpoint,
  isV4,
  parseEndpoint,
  sameAddress,
  sameEndpoint,
} from "./endpoint.ts";

function parsed(host: string, port = 5_060): Int32Array {
  const words = new Int32Array(ENDPOINT_WORDS);
  assert.ok(parseEndpoint(host, port, words, 0), host);
  return words;
}

const word = fc.oneof(fc.constantFrom(0, 1, -1, 0xffff, 0x10000), fc.integer());
const endpoints = fc
  .tuple(
    fc.oneof(
      fc.tuple(word, word, word, word),
      word.map((w) => [0, 0, 0xffff, w]),
    ),
    fc.integer({ min: 0, max: 65_535 }),
  )
  .map(([address, port]) => Int32Array.of(...address, port, 0));

describe("an endpoint", () => {
  // RFC 5952 sections 4 and 5, and RFC 4291 section 2.2.
  const texts: readonly (readonly [string, string])[] = [
    ["10.0.0.1", "10.0.0.1"],
    ["255.255.255.255", "255.255.255.255"],
    ["0.0.0.0", "0.0.0.0"],
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:DB8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::aaaa:0:0:1", "2001:db8::aaaa:0:0:1"],
    ["FF01:0:0:0:0:0:0:101", "ff01::101"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["fe80::1", "fe80::1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ];
  for (const [text, shortest] of texts) {
    it(`writes ${text} as ${shortest} (RFC 5952)`, () => {
      assert.equal(formatAddress(parsed(text), 0), shortest);
    });
  }

  it("is written with its port, IPv6 in brackets", () => {
    assert.equal(formatEndpoint(parsed("10.0.0.1", 5_070), 0), "10.0.0.1:5070");
    assert.equal(formatEndpoint(parsed("2001:db8::1", 65_535), 0), "[2001:db8::1]:65535");
  });

  it("is the same peer however IPv4 is written", () => {
    assert.deepEqual(parsed("::ffff:10.0.0.1"), parsed("10.0.0.1"));
    assert.deepEqual(parsed("::FFFF:0a00:1"), parsed("10.0.0.1"));
    assert.equal(isV4(parsed("::ffff:10.0.0.1"), 0), true);
    assert.equal(isV4(parsed("::10.0.0.1"), 0), false);
  });

  it("may be read with brackets and with a numeric scope", () => {
    assert.deepEqual(parsed("[::1]"), parsed("::1"));
    assert.deepEqual([...parsed("fe80::1%7")], [0xfe800000 | 0, 0, 0, 1, 5_060, 7]);
  });

  it("is not read from anything else", () => {
    const bad = [
      "",
      "example.com",
      "10.0.0",
      "10.0.0.256",
      "010.0.0.1",
      "[10.0.0.1]",
      "1:2:3",
      ":::",
      "::1%",
      "::1%lo",
      "::1%-1",
      "10.0.0.1%1",
      "[::1",
      "::1]",
    ];
    for (const text of bad) assert.equal(parseEndpoint(text, 1, new Int32Array(ENDPOINT_WORDS), 0), false, text);
  });

  it("survives writing and reading, in our text and in dgram's", () => {
    fc.assert(
      fc.property(endpoints, (endpoint) => {
        const ours = new Int32Array(ENDPOINT_WORDS + 2);
        assert.ok(parseEndpoint(formatAddress(endpoint, 0), endpoint[4]!, ours, 2));
        assert.ok(sameEndpoint(ours, 2, endpoint, 0));
        const dgrams = new Int32Array(ENDPOINT_WORDS);
        assert.ok(parsePeer(formatPeer(endpoint, 0), endpoint[4]!, dgrams, 0));
        assert.deepEqual(dgrams, endpoint);
      }),
    );
  });

  it("is compared by address and port, or by address alone", () => {
    fc.assert(
      fc.property(endpoints, fc.integer({ min: 0, max: 4 }), (endpoint, i) => {
        const other = new Int32Array(ENDPOINT_WORDS);
        copyEndpoint(endpoint, 0, other, 0);
        assert.ok(sameEndpoint(endpoint, 0, other, 0) && hashEndpoint(endpoint, 0) === hashEndpoint(other, 0));
        other[i]! ^= 1;
        assert.equal(sameEndpoint(endpoint, 0, other, 0), false);
        assert.equal(sameAddress(endpoint, 0, other, 0), i === 4);
      }),
    );
  });

  it("is spread by its hash: 4,096 neighbours over 1,024 places leave few empty", () => {
    const places = new Set<number>();
    for (let i = 0; i < 4_096; i++) places.add(hashEndpoint(parsed(`10.0.${i >> 8}.${i & 255}`), 0) & 1_023);
    for (let i = 0; i < 4_096; i++) places.add(hashEndpoint(parsed("10.0.0.1", 1_024 + i), 0) & 1_023);
    assert.ok(places.size > 950, `${places.size}`);
  });
});
