// A datagram of 64 KiB in any shape takes no longer than a few milliseconds to judge: a worker that thinks about one packet
// does not receive the others.
import assert from "node:assert/strict";
import { it } from "node:test";
import { processorTimeOf } from "../../test/kit/processor-time.ts";
import { Header } from "./header.ts";
import { Message } from "./message.ts";
import { ReplyOptions, writeReply } from "./reply.ts";
import { ascii } from "./scan.ts";
import { validateRequest } from "./validate.ts";

const SIZE = 65_000;
const LONGEST = 20;
const message = new Message();
const options = new ReplyOptions();
const out = Buffer.alloc(1 << 18);
const phrase = ascii("Bad Request");

const USUAL: Readonly<Record<string, string>> = {
  Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
  From: "<sip:a@example.com>;tag=1",
  To: "<sip:b@example.com>",
  "Call-ID": "1@example.com",
  CSeq: "1 OPTIONS",
};

/** A request whose header `name` is replaced by `text`, whole lines. */
function withHeader(name: string, text: string): string {
  const lines = Object.entries(USUAL).filter(([other]) => other !== name);
  return `OPTIONS sip:b@example.com SIP/2.0\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join("")}${text}\r\n`;
}

/** As many repetitions as fit. */
function fill(text: string): string {
  return text.repeat(Math.floor(SIZE / text.length));
}

const shapes: [string, string][] = [
  ["NULs in a header", withHeader("", `X: ${fill("\0")}\r\n`)],
  ["NULs in the start line", withHeader("", "").replace("sip:b", `sip:${fill("\0")}`)],
  ["escaped NULs in quotes", withHeader("", `X: "${fill("\\\0")}"\r\n`)],
  ["quoted strings with a NUL each", withHeader("", `X: ${fill('"\\\0" ')}\r\n`)],
  ["NULs and backslashes in open quotes", withHeader("", `X: "${fill("\\\\\\\0")}\r\n`)],
  ["bare line feeds", withHeader("", `X: ${fill("\n")}\r\n`)],
  ["bare carriage returns", withHeader("", `X: ${fill("\r")}\r\n`)],
  ["HTABs", withHeader("", `X: ${fill("\t")}\r\n`)],
  ["folded lines", withHeader("", `X: ${fill("\r\n x")}\r\n`)],
  ["blank folded lines", withHeader("", `X: ${fill("\r\n ")}\r\n`)],
  ["folded Via", withHeader("Via", `Via:${fill("\r\n ")}SIP/2.0/UDP a;branch=z9hG4bK1\r\n`)],
  ["no colon", withHeader("", fill("x\r\n"))],
  ["white space before the colon", withHeader("", `X${fill(" ")}: x\r\n`)],
];
for (const [name, value] of Object.entries({ ...USUAL, Route: "<sip:a;lr>", Contact: "<sip:a>" })) {
  shapes.push([`many lines of ${name}`, withHeader(name, fill(`${name}: ${value}\r\n`))]);
  shapes.push([`many values of ${name}`, withHeader(name, `${name}: ${value}${fill(`, ${value}`)}\r\n`)]);
  shapes.push([`many parameters of ${name}`, withHeader(name, `${name}: ${value}${fill(";a=b")}\r\n`)]);
  shapes.push([`spaced parameters of ${name}`, withHeader(name, `${name}: ${value}${fill(" ; a = b ")}\r\n`)]);
  shapes.push([`quoted parameters of ${name}`, withHeader(name, `${name}: ${value}${fill(';a="\\\\"')}\r\n`)]);
  shapes.push([`white space in ${name}`, withHeader(name, `${name}: ${value}${fill(" ")};a\r\n`)]);
  shapes.push([`backslashes in ${name}`, withHeader(name, `${name}: "${fill("\\")}" ${value}\r\n`)]);
  shapes.push([`quotes in ${name}`, withHeader(name, `${name}: ${fill('"')}${value}\r\n`)]);
  shapes.push([`brackets in ${name}`, withHeader(name, `${name}: ${fill("<")}${value}\r\n`)]);
  shapes.push([`commas in ${name}`, withHeader(name, `${name}: ${value}${fill(",")}\r\n`)]);
}
for (const part of [":", ";", "?", "@", ";a=b", "[", ".", "%", ";user=phone"])
  shapes.push([`${part} in the request URI`, withHeader("", "").replace("sip:b@", `sip:b${fill(part)}@`)]);
for (const part of [";", ";a", ";a=", ";user=phon", "=", "."])
  shapes.push([
    `${part} behind the host`,
    withHeader("", "").replace("example.com SIP", `example.com${fill(part)} SIP`),
  ]);

for (const [name, text] of shapes) {
  it(`${name}: judged and answered within ${LONGEST} ms`, () => {
    const bytes = Buffer.from(text, "latin1");
    let best = Number.POSITIVE_INFINITY;
    // Of the processor's time, because others use the machine too, and the quickest of three, because V8 compiles meanwhile.
    for (let i = 0; i < 3 && best > LONGEST; i++) {
      const took = processorTimeOf(() => {
        message.reset(bytes, 0, bytes.length);
        validateRequest(message);
        if (message.canAnswer) writeReply(message, 400, phrase, options, out, 0);
      });
      best = Math.min(best, took);
    }
    assert.ok(best <= LONGEST, `${best.toFixed(1)} ms`);
  });
}

/** Milliseconds of the processor's time that two million steps from line to line take where a header has so many. */
function walkOf(lines: number): number {
  const bytes = Buffer.from(withHeader("", "User-Agent: x\r\n".repeat(lines)), "latin1");
  message.reset(bytes, 0, bytes.length);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const took = processorTimeOf(() => {
      for (let steps = 0; steps < 2_000_000; ) {
        const before = steps;
        for (let from = -1; message.nextLine(Header.userAgent, from); from = message.iterLineEnd) steps++;
        assert.equal(steps - before, lines);
      }
    });
    best = Math.min(best, took);
  }
  return best;
}

it("a step from one line of a header to the next takes no longer where there are twenty times as many", () => {
  walkOf(1000);
  const [few, many] = [walkOf(50), walkOf(1000)];
  assert.ok(many < 5 * Math.max(few, LONGEST), `${many.toFixed(1)} ms, ${few.toFixed(1)} ms`);
});
