import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { Header, headerOf } from "./header.ts";
import { Message } from "./message.ts";
import { METHOD_NAMES, Method, methodOf } from "./method.ts";
import { REASONS, Reason, type ReasonEntry } from "./reason.ts";
import { validateRequest, validateResponse } from "./validate.ts";
import { Via } from "./via.ts";

const message = new Message();

function read(text: string): Reason {
  const bytes = Buffer.from(text, "latin1");
  const fault = message.reset(bytes, 0, bytes.length);
  return fault !== 0 ? fault : message.isRequest ? validateRequest(message) : validateResponse(message);
}

function slice(start: number, end: number): string {
  return message.bytes.toString("latin1", start, end);
}

/** A valid OPTIONS with one part exchanged. */
function request(change: { line?: string; via?: string; more?: string; cseq?: string; body?: string } = {}): string {
  return (
    `${change.line ?? "OPTIONS sip:bob@example.com SIP/2.0"}\r\n${change.via ?? "Via: SIP/2.0/UDP 192.0.2.1:5080;branch=z9hG4bKx"}\r\n` +
    `From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: c@h\r\n${change.cseq ?? "CSeq: 7 OPTIONS"}\r\n` +
    `${change.more ?? ""}\r\n${change.body ?? ""}`
  );
}

describe("a request", () => {
  it("shows its parts as offsets, of the message only", () => {
    const text = request({ more: "Max-Forwards: 70\r\nl: 4\r\n", body: "bodyAND MORE" });
    assert.equal(read(`\r\n\r\n${text}`), Reason.ok);
    assert.equal(message.start, 4);
    assert.equal(slice(message.start, message.end), text.slice(0, -8));
    assert.equal(message.method, Method.OPTIONS);
    assert.equal(slice(message.methodStart, message.methodEnd), "OPTIONS");
    assert.equal(slice(message.uriStart, message.uriEnd), "sip:bob@example.com");
    assert.equal(slice(message.callIdStart, message.callIdEnd), "c@h");
    assert.equal(message.cseq, 7);
    assert.equal(message.maxForwards, 70);
    assert.equal(message.contentLength, 4);
    assert.equal(slice(message.from.tagStart, message.from.tagEnd), "1");
    assert.equal(message.to.tagStart, -1);
    assert.equal(slice(message.lineStart[Header.to]!, message.lineEnd[Header.to]!), "To: <sip:bob@example.com>\r\n");
    assert.equal(slice(message.bodyStart, message.end), "body");
  });

  it("forgets everything of the one before it", () => {
    read(request({ more: "Route: <sip:a;lr>\r\nMax-Forwards: 3\r\nl: 0\r\n" }));
    assert.equal(read(request()), Reason.ok);
    assert.equal(message.valueStart[Header.route], -1);
    assert.equal(message.count[Header.route], 0);
    assert.equal(message.maxForwards, -1);
    assert.equal(message.contentLength, -1);
    assert.equal(message.nextLine(Header.route, -1), false);
  });

  it("knows the header names in any case, in compact form, with space before the colon", () => {
    for (const line of ["ROUTE: <sip:a;lr>", "route : <sip:a;lr>", "Route\t:\r\n <sip:a;lr>"]) {
      assert.equal(read(request({ more: `${line}\r\n` })), Reason.ok, line);
      assert.equal(slice(message.valueStart[Header.route]!, message.valueEnd[Header.route]!), "<sip:a;lr>");
    }
    const name = Buffer.from("K");
    assert.equal(headerOf(name, 0, 1), Header.supported);
  });

  it("iterates over the lines of a repeated header", () => {
    read(request({ more: "Route: <sip:a;lr>\r\nX: y\r\nRoute: <sip:b;lr>\r\nroute: <sip:c;lr>\r\n" }));
    const found: string[] = [];
    for (let from = -1; message.nextLine(Header.route, from); from = message.iterLineEnd) {
      found.push(slice(message.iterStart, message.iterEnd));
    }
    assert.deepEqual(found, ["<sip:a;lr>", "<sip:b;lr>", "<sip:c;lr>"]);
    assert.equal(message.count[Header.route], 3);
  });

  const refused: [string, string, Reason][] = [
    ["a second Call-ID", request({ more: "i: d@h\r\n" }), Reason.repeatedHeader],
    ["a line without a colon", request({ more: "Nonsense\r\n" }), Reason.badHeaderLine],
    ["an empty name", request({ more: ": x\r\n" }), Reason.badHeaderLine],
    [
      "a folded line directly below the start line",
      request({ via: " folded\r\nVia: SIP/2.0/UDP a;branch=b" }),
      Reason.badHeaderLine,
    ],
    ["a folded line of white space only", request({ more: "Subject: a\r\n \t\r\n b\r\n" }), Reason.badFolding],
    ["a bare LF in a header", request({ more: "Subject: a\nRoute: <sip:x>\r\n" }), Reason.bareLineEnd],
    ["a bare CR in a header", request({ more: "Subject: a\rb\r\n" }), Reason.bareLineEnd],
    ["a bare CR in a name", request({ more: "Sub\rject: a\r\n" }), Reason.badHeaderLine],
    ["a NUL in a header", request({ more: "Subject: a\0b\r\n" }), Reason.nulInHeader],
    ["headers without an end", request().slice(0, -2), Reason.noTerminator],
    ["a Call-ID with a space", request({ more: "" }).replace("c@h", "c h"), Reason.badCallId],
    ["an unknown scheme", request({ line: "OPTIONS foo:bar SIP/2.0" }), Reason.unknownScheme],
    ["headers in the request URI", request({ line: "OPTIONS sip:a?Route=b SIP/2.0" }), Reason.escapedHeaders],
    ["a Via without a host", request({ via: "Via: SIP/2.0/UDP ;branch=b" }), Reason.badVia],
    ["two branches in a Via", request({ via: "Via: SIP/2.0/UDP a;branch=b;branch=c" }), Reason.badVia],
    ["another method in CSeq", request({ cseq: "CSeq: 1 INVITE" }), Reason.methodMismatch],
    ["CSeq 2^31", request({ cseq: "CSeq: 2147483648 OPTIONS" }), Reason.badCseq],
    ["an extension for proxies", request({ more: "Proxy-Require: foo\r\n" }), Reason.badExtension],
    ["one behind an empty line", request({ more: "Proxy-Require:\r\nProxy-Require: foo\r\n" }), Reason.badExtension],
    ["a list in From", request().replace("tag=1", "tag=1, <sip:b@c>"), Reason.badFrom],
  ];
  for (const [what, text, reason] of refused) it(`is refused with ${what}`, () => assert.equal(read(text), reason));

  it("is accepted as RFC 2543 wrote it, and with the largest CSeq", () => {
    assert.equal(
      read(request({ via: "Via: SIP/2.0/UDP host", cseq: "CSeq: 2147483647 OPTIONS" }).replace(";tag=1", "")),
      Reason.ok,
    );
    assert.equal(message.topVia.branchStart, -1);
    assert.equal(message.topVia.hasMagic, false);
  });
});

describe("a Via", () => {
  const via = new Via();
  const parse = (text: string): boolean => {
    message.bytes = Buffer.from(text, "latin1");
    return via.reset(message.bytes, 0, message.bytes.length);
  };

  it("is read with all its parameters", () => {
    assert.ok(
      parse('SIP/2.0/UDP [2001:db8::1]:5070;rport;received=2001:db8::2;branch=z9hG4bKq;maddr=224.0.0.1;x="a;b", next'),
    );
    assert.equal(slice(via.hostStart, via.hostEnd), "[2001:db8::1]");
    assert.equal(via.port, 5070);
    assert.equal(via.rport, 0);
    assert.equal(slice(via.rportStart, via.rportEnd), ";rport");
    assert.equal(slice(via.receivedStart, via.receivedEnd), ";received=2001:db8::2");
    assert.equal(slice(via.receivedValueStart, via.receivedValueEnd), "2001:db8::2");
    assert.equal(slice(via.branchStart, via.branchEnd), "z9hG4bKq");
    assert.equal(slice(via.maddrStart, via.maddrEnd), "224.0.0.1");
    assert.ok(via.hasMagic);
    assert.equal(slice(via.next, message.bytes.length), "next");
    assert.equal(slice(via.start, via.end).endsWith('x="a;b"'), true);
  });

  it("may have white space wherever RFC 3261 allows it", () => {
    assert.ok(parse("SIP / 2.0\r\n /\tTCP   host.example : 5061 ; branch = a ; rport = 9 , b"));
    assert.deepEqual([via.port, via.rport, slice(via.branchStart, via.branchEnd)], [5061, 9, "a"]);
    assert.equal(slice(via.transportStart, via.transportEnd), "TCP");
    assert.equal(slice(via.rportStart, via.rportEnd), "; rport = 9");
  });

  it("is refused with a port above 65535, without port digits, with an empty parameter, with a name that has no end", () => {
    for (const text of [
      "SIP/2.0/UDP a:65536",
      "SIP/2.0/UDP a:",
      "SIP/2.0/UDP a;;b",
      'SIP/2.0/UDP a;b="c',
      "SIP/2.0/UDP [::1",
      "SIP/2.0/UDP a,",
    ]) {
      assert.equal(parse(text), false, text);
    }
  });

  it("below the top one is found in the same line and in the next", () => {
    for (const join of [", ", "\r\nv: "]) {
      read(request({ via: `Via: SIP/2.0/UDP a;branch=b${join}SIP/2.0/TCP second:9` }));
      assert.ok(message.nextVia(via));
      assert.equal(slice(via.hostStart, via.hostEnd), "second");
    }
    read(request());
    assert.equal(message.nextVia(via), false);
  });
});

describe("a response", () => {
  const response = (line: string): string => request({ line });
  it("is read with and without a reason phrase", () => {
    for (const line of ["SIP/2.0 200 OK", "SIP/2.0 200 ", "SIP/2.0 200"]) {
      assert.equal(read(response(line)), Reason.ok, line);
      assert.equal(message.status, 200);
      assert.equal(message.canAnswer, false);
    }
  });
  it("is dropped with any other status or version", () => {
    for (const line of [
      "SIP/2.0 099 x",
      "SIP/2.0 700 x",
      "SIP/2.0 2000 x",
      "SIP/3.0 200 OK",
      "SIP/2.0  200 OK",
      "SIP/2.0 20 x",
    ]) {
      assert.notEqual(read(response(line)), Reason.ok, line);
    }
  });
});

describe("tables", () => {
  it("every method is found by its name, and no other name is", () => {
    METHOD_NAMES.forEach((name, id) => {
      assert.equal(methodOf(Buffer.from(name), 0, name.length), id === 0 ? 0 : id);
      assert.equal(methodOf(Buffer.from(name.toLowerCase()), 0, name.length), 0);
    });
  });
  it("every reason has an entry, and no two share a counter", () => {
    const entries: readonly ReasonEntry[] = REASONS;
    assert.equal(entries.length, Object.keys(Reason).length);
    assert.equal(new Set(entries.map((entry) => entry.counter)).size, entries.length);
  });
});

it("valid messages made at random come back part by part", () => {
  const token = fc.stringMatching(/^[A-Za-z0-9.!%*_+`'~-]{1,20}$/);
  const space = fc.constantFrom("", " ", "\t", "  ", "\r\n ");
  const name = fc.constantFrom("Call-ID", "call-id", "CALL-ID", "i");
  fc.assert(
    fc.property(
      token,
      token,
      token,
      space,
      space,
      name,
      fc.nat(65_535),
      fc.nat(0x7fffffff),
      fc.uint8Array({ maxLength: 50 }),
      (...parts) => {
        const [user, callId, tag, before, after, callIdName, port, cseq, body] = parts;
        const head =
          `INVITE sip:${user}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h${before}:${after}${port};branch=z9hG4bK${tag}\r\n` +
          `${callIdName}:${before}${callId}\r\nCSeq:${before} ${cseq} ${after}INVITE\r\nX-${user}: ${tag}\r\n` +
          `t: "${tag}"${before}<sip:${user}@b>\r\nf: <sip:a@b>${after};${before}tag${before}=${after}${tag}\r\nl: ${body.length}\r\n\r\n`;
        const bytes = Buffer.concat([Buffer.from(head, "latin1"), body]);
        const isFine = !user.includes("%") && !user.includes("`");
        const fault = message.reset(bytes, 0, bytes.length);
        assert.equal(fault, Reason.ok);
        const verdict = validateRequest(message);
        assert.ok(verdict === Reason.ok || !isFine, `${REASONS[verdict]!.counter}: ${head}`);
        assert.equal(slice(message.callIdStart, message.callIdEnd), callId);
        assert.equal(message.cseq, cseq);
        assert.equal(message.topVia.port, port);
        assert.equal(message.bodyStart, head.length);
        assert.equal(message.end, bytes.length);
        assert.ok(message.parseFrom() && message.parseTo());
        assert.equal(slice(message.from.tagStart, message.from.tagEnd), tag);
        assert.equal(slice(message.to.uriStart, message.to.uriEnd), `sip:${user}@b`);
      },
    ),
  );
});
