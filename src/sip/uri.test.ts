import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hostWords } from "./host.ts";
import { NameAddr } from "./name-addr.ts";
import { ascii } from "./scan.ts";
import { Scheme, UriTransport, UriView } from "./uri.ts";

const uri = new UriView();

function parse(text: string): boolean {
  const bytes = Buffer.from(text, "latin1");
  return uri.reset(bytes, 0, bytes.length);
}

function slice(start: number, end: number): string {
  return Buffer.from(uri.bytes).toString("latin1", start, end);
}

describe("a URI", () => {
  it("shows user, host, port, parameters and headers", () => {
    assert.ok(parse("sip:bob:pw@example.com:5070;transport=TCP;lr;maddr=h;x=y?a=b"));
    assert.equal(slice(uri.userStart, uri.userEnd), "bob:pw");
    assert.equal(slice(uri.hostStart, uri.hostEnd), "example.com");
    assert.equal(uri.port, 5070);
    assert.equal(uri.transport, UriTransport.tcp);
    assert.ok(uri.hasLr && uri.hasMaddr);
    assert.equal(slice(uri.paramsStart, uri.paramsEnd), ";transport=TCP;lr;maddr=h;x=y");
    assert.equal(slice(uri.headersStart, uri.headersEnd), "?a=b");
    assert.ok(uri.findParam(ascii("x")));
    assert.equal(slice(uri.paramValueStart, uri.paramValueEnd), "y");
    assert.ok(uri.findParam(ascii("lr")));
    assert.equal(uri.paramValueStart, -1);
    assert.equal(uri.findParam(ascii("l")), false);
  });

  it("may have semicolons and question marks in the user part", () => {
    assert.ok(parse("sip:user;par=u%40example.net?x@[2001:db8::10:5070]"));
    assert.equal(slice(uri.userStart, uri.userEnd), "user;par=u%40example.net?x");
    assert.equal(slice(uri.hostStart, uri.hostEnd), "[2001:db8::10:5070]");
    assert.equal(uri.port, 0);
  });

  it("is known by its scheme in any case", () => {
    for (const [text, scheme] of [
      ["SIPS:a", Scheme.sips],
      ["tel:+1555", Scheme.tel],
      ["urn:service:sos", Scheme.urn],
      ["foo:bar", Scheme.other],
    ] as const) {
      assert.ok(parse(text));
      assert.equal(uri.scheme, scheme);
    }
  });

  it("is refused when two readers could disagree about it", () => {
    for (const text of [
      "",
      "sip:",
      "sip:@h",
      "sip:a@b@c",
      "sip:a@",
      "sip:h:",
      "sip:h:0",
      "sip:h:65536",
      "sip:a b@h",
      "sip:2001:db8::1",
      "sip:[fe80::1%25eth0]",
    ]) {
      assert.equal(parse(text), false, text);
    }
    for (const text of ["<sip:a>", "sip", "1a:b", "sip:h;;lr", "sip:h;=x", "sip:h/x", "foo:a b", "foo:"])
      assert.equal(parse(text), false, text);
  });
});

describe("a numeric host", () => {
  const words = new Int32Array(4);
  const address = (text: string): string | null => {
    const bytes = Buffer.from(text);
    return hostWords(bytes, 0, bytes.length, words, 0)
      ? Array.from(words, (w) => (w >>> 0).toString(16)).join(" ")
      : null;
  };

  it("becomes four words", () => {
    assert.equal(address("10.0.0.255"), "0 0 ffff a0000ff");
    assert.equal(address("[2001:db8::1]"), "20010db8 0 0 1");
    assert.equal(address("2001:db8:1:2:3:4:5:6"), "20010db8 10002 30004 50006");
    assert.equal(address("[::ffff:192.0.2.2]"), "0 0 ffff c0000202");
    assert.equal(address("[2001:db8:::192.0.2.1]"), "20010db8 0 0 c0000201");
    assert.equal(address("[::]"), "0 0 0 0");
    assert.equal(address("[1::]"), "10000 0 0 0");
  });

  it("is one only in its usual form", () => {
    for (const text of [
      "",
      "a.b",
      "0177.0.0.1",
      "2130706433",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "1.2.3.",
      "0x7f.0.0.1",
      "[::1",
      "[1:2]",
      "[:::1:::]",
    ]) {
      assert.equal(address(text), null, text);
    }
    for (const text of [
      "[1:2:3:4:5:6:7:8:9]",
      "[12345::]",
      "[1::2::3]",
      "[1:2:3:4:5:6:7:]",
      "[::1.2.3]",
      "[fe80::1%1]",
    ])
      assert.equal(address(text), null, text);
  });
});

describe("an address", () => {
  const view = new NameAddr();
  const read = (text: string): string | null => {
    const bytes = Buffer.from(text, "latin1");
    if (!view.reset(bytes, 0, bytes.length)) return null;
    return `${text.slice(view.uriStart, view.uriEnd)}|${view.tagStart < 0 ? "" : text.slice(view.tagStart, view.tagEnd)}`;
  };

  it("is read with and without brackets and name", () => {
    assert.equal(read('"A, \\" <b>" <sip:a@b;x>;tag=1'), "sip:a@b;x|1");
    assert.equal(read("A b<sip:a@b> ; tag = 2 ;x"), "sip:a@b|2");
    assert.equal(read("sip:a@b;tag=3"), "sip:a@b|3");
    assert.equal(read("<http://x>"), "http://x|");
    assert.equal(read("<sip:a>, <sip:b>"), "sip:a|");
    assert.equal(view.next, 9);
  });

  it("is refused when it is not closed, or has spaces in its URI, or a name that is none", () => {
    for (const text of [
      '"A <sip:a@b>',
      "<sip:a@b",
      "< sip:a@b >",
      "A, B <sip:a@b>",
      "<sip:a@b>;;",
      "<>",
      "",
      "<sip:a>x",
      "sip:a?b=c",
      "<sip:a>;tag=",
      "<sip:a>;tag=1;tag=2",
    ]) {
      assert.equal(read(text), null, text);
    }
  });
});
